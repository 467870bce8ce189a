package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What window/filter and window/feature refuse is reported under the key that it came from, in their words.
func TestMistakesThatOnlyOtherPackagesSee(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"channel", strings.Replace(valid, `"rms"`, `"rms", "c.rms"`, 1), `test.toml:4: stream.s.features.list: found "c.rms" (`},
		{"band", strings.Replace(valid, `"rms"`, `"log_band_power(10, 900)"`, 1), `test.toml:4: stream.s.features.list: found "log_band_power(10, 900)" (`},
		{"arguments", strings.Replace(valid, `"rms"`, `"rms(3)"`, 1), `test.toml:4: stream.s.features.list: found "rms(3)" (`},
		{"unstable", valid + `filter = { kind = "butterworth", order = 24, low_hz = 1e-9, high_hz = 1.1e-9 }`, `test.toml:6: stream.s.filter.order: found a filter that cannot be made (`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.text), "test.toml")
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s…", err, c.want)
			}
		})
	}
}

func TestOneErrorCanBeTakenOutOfErrors(t *testing.T) {
	_, err := Parse([]byte("[server]\nlisten = 3\n"+valid), "x.toml")
	var one *Error
	if !errors.As(err, &one) || one.Line != 2 || one.Key != "server.listen" {
		t.Errorf("errors.As gave %+v", one)
	}
}

func TestLoadSaysWhichFileCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, []byte(strings.Repeat("# comment\n", 30000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "no.toml"): "no such file",
		dir:                           "not a regular file",
		big:                           "larger than 262144 bytes",
	} {
		_, err := Load(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+":1: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%s) = %v; want the path and %q", path, err, want)
		}
	}
}

// A file is the least one plus one wrong line; each of the lines is found at its own number whatever comes before it.
func TestLineNumbersHoldBehindAnyPreamble(t *testing.T) {
	for _, preamble := range []string{
		"", "\n\n", "# [server]\n", "\r\n# x\r\n", "log.level = \"info\" # = [\n",
		"[store]\ndir = \"\"\"\na\nb\n\"\"\"\n", "[store]\ndir = '''a\n[server]\n'''\n", "[\"log\"]\n'level' = 'info'\n", "[ log ]\n",
		"[nats]\nname = \"a\\\\\"\n", "[nats]\nname = \"\\\"# \"\n",
	} {
		text := preamble + valid + "queue_blocks = 0\n"
		want := fmt.Sprintf("p.toml:%d: stream.s.queue_blocks: ", strings.Count(text, "\n"))
		_, err := Parse([]byte(text), "p.toml")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("after %q: got %v, want %s…", preamble, err, want)
		}
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	path := writeFile(t, "c.toml", strings.Replace(valid, "learn.windows = 100", `model = "m.safetensors"`, 1)+"[store]\ndir = \"data\"\n")
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "m.safetensors"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Streams["s"].Model, filepath.Join(dir, "m.safetensors"); got != want {
		t.Errorf("model is %s, want %s", got, want)
	}
	if got, want := c.Store.Dir, filepath.Join(dir, "data"); got != want {
		t.Errorf("store.dir is %s, want %s", got, want)
	}
}

// A model file that is not there is no mistake, because `crackle train` reads the same file to make it; but it is said.
func TestMissingModelIsAWarning(t *testing.T) {
	text := strings.Replace(valid, "learn.windows = 100", `model = "no.safetensors"`, 1)
	c := parse(t, text)
	want := `test.toml:5: stream.s.model: found "no.safetensors", which does not exist; allowed: a model file; do: make it with ` + "`crackle train`, "
	if got := c.Warnings().Error(); !strings.HasPrefix(got, want) {
		t.Errorf("warnings are %q, want %q…", got, want)
	}
	if w := parse(t, text+"learn.windows = 100\n").Warnings(); len(w) != 0 {
		t.Errorf("a model that is to be learnt is warned of: %v", w)
	}
}

func TestReferences(t *testing.T) {
	setCorpusEnv(t)
	c, err := Load("testdata/good/dollar.toml")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Streams["s"].Title, "costs 5$ a ${part} in plant7"; got != want {
		t.Errorf("title is %q, want %q", got, want)
	}
}

func TestNameGivesTitleAndSubject(t *testing.T) {
	s := parse(t, strings.Replace(valid, "[stream.s]", `[stream."motor.current"]`, 1)).Streams["motor.current"]
	if s.Name != "motor.current" || s.Title != "motor.current" || s.Subject != "crackle.signal.motor.current" {
		t.Errorf("name %q, title %q, subject %q", s.Name, s.Title, s.Subject)
	}
}

func TestValidateChecksAConfigBuiltInCode(t *testing.T) {
	c := Default()
	s := DefaultStream("demo")
	s.Channels, s.RateHz, s.Features.List, s.Learn.Windows = []string{"a"}, 1000, []string{"rms"}, 10
	c.Streams["demo"] = s
	c.Sinks["log"] = DefaultSink("log", "log")
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	s.Filter = Filter{Kind: "butterworth", Type: "low-pass", Order: 4, HighHz: 600}
	c.Streams["demo"] = s
	want := "stream.demo.filter.high_hz: found 600 Hz; allowed: above 0 and below 500 Hz, half of rate_hz = 1000; do: "
	if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"listen", "rate_hz", "queue_blocks", "to"}
	for got, want := range map[string]string{
		"lisen": "listen", "Listen": "listen", "ratehz": "rate_hz", "rate_zh": "rate_hz", "queueblocks": "queue_blocks", "colour": "", "x": "", "": "",
	} {
		if near := nearest(got, keys); near != want {
			t.Errorf("nearest(%q) = %q, want %q", got, near, want)
		}
	}
}
