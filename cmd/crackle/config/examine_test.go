package config

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// What could be read of a file with mistakes is there for those who look for more.
func TestExamine(t *testing.T) {
	path := writeFile(t, "c.toml", strings.Replace(valid, "rate_hz = 1000", "rate_hz = -1", 1)+"[stream.b-2]\nchannels = [\"a\"]\nrate_hz = 5\nfeatures.list = [\"rms\"]\nlearn.windows = 1\n")
	c, errs := Examine(path)
	if c == nil || len(errs) != 1 || c.Streams["s"].RateHz != -1 || c.Streams["b-2"].RateHz != 5 {
		t.Fatalf("%+v, %v", c, errs)
	}
	for key, want := range map[string]bool{"stream.s": true, "stream.s.rate_hz": true, "stream.s.model": false, "stream.b-2": false, "stream": true, "store": false, "stream.s.rate_hz.x": true, "str": false} {
		if got := errs.Under(strings.Split(key, ".")...); got != want {
			t.Errorf("Under %s is %v", key, got)
		}
	}
	e := c.Mistake([]string{"stream", "b-2", "features", "list"}, "a", "b", "c")
	if got, want := e.Error(), path+":9: stream.b-2.features.list: found a; allowed: b; do: c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if c, errs := Examine(path + ".none"); c != nil || len(errs) != 1 {
		t.Errorf("no file: %v, %v", c, errs)
	}
	if e := Default().Mistake([]string{"log", "level"}, "a", "b", "c"); e.Error() != "log.level: found a; allowed: b; do: c" {
		t.Errorf("of a Config built in code: %v", e)
	}
}

// The widest stream with the longest windows is checked without the memory that it takes to run: 1.8 GB.
func TestCheckTakesNoWindow(t *testing.T) {
	names := make([]string, channelsMost)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	text := fmt.Sprintf("[stream.s]\nchannels = %s\nrate_hz = 1000000\nlearn.windows = 1\nwindow.length = %d\nfeatures.list = [\"rms\", \"kurtosis\", \"log_band_power(1000, 20000)\", \"harmonics(1000, 5)\"]\n", literal(names), windowMost)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := parse(t, text)
	s := c.Streams["s"]
	sum, err := s.Summary()
	runtime.ReadMemStats(&after)
	if err != nil || sum.Numbers < 4*channelsMost {
		t.Fatalf("%+v, %v", sum, err)
	}
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 100 {
		t.Errorf("%d MiB were allocated", got)
	}
}
