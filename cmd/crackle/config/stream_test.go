package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"crackle/ingest/block"
	"crackle/window"
	"crackle/window/filter"
)

func TestWindowInSamples(t *testing.T) {
	for _, c := range []struct {
		w           Window
		rate        float64
		length, hop int
	}{
		{Window{Length: 1024}, 1000, 1024, 512},
		{Window{Length: 7}, 1000, 7, 4},
		{Window{Length: 1024, Hop: 100}, 1000, 1024, 100},
		{Window{Length: 1024, LengthS: 0.2}, 1000, 200, 100},
		{Window{LengthS: 0.2, HopS: 0.05}, 200_000, 40_000, 10_000},
		{Window{LengthS: 0.1}, 44.1, 4, 2},
		{Window{LengthS: 1e300}, 1e300, 1<<31 - 1, 1 << 30},
	} {
		if length, hop := c.w.Samples(c.rate); length != c.length || hop != c.hop {
			t.Errorf("%+v at %g Hz: %d, %d; want %d, %d", c.w, c.rate, length, hop, c.length, c.hop)
		}
	}
}

func TestConditioningIsAcceptedByWindow(t *testing.T) {
	setCorpusEnv(t)
	c, err := Load("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Streams["motor.current"]
	got := s.Conditioning()
	want := window.Config{
		Channels: []string{"current_a", "current_b", "current_c"}, RateHz: 1000,
		Filter: &filter.Design{Family: filter.Butterworth, Kind: filter.LowPass, Order: 6, EdgesHz: []float64{400}},
		Length: 200, Hop: 200, Taper: "none", Features: []string{"current_a.log_rms", "kurtosis"}, Saturation: []float64{10, 10, 12.5},
		BridgeBy: window.BridgeLinear, Bad: window.BadBreak,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodingIsAcceptedByBlock(t *testing.T) {
	setCorpusEnv(t)
	c, err := Load("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Streams["motor.current"]
	want := block.DecoderConfig{Encoding: "raw", Names: []string{"current_a", "current_b", "current_c"}, RateHz: 1000, Type: block.I24, Scale: 1.5e-6}
	if diff := cmp.Diff(want, s.Decoding()); diff != "" {
		t.Error(diff)
	}
	if _, err := block.NewDecoder(s.Decoding()); err != nil {
		t.Error(err)
	}
}

func TestFilterDesign(t *testing.T) {
	f := Filter{Kind: "butterworth", Order: 4, LowHz: 10, HighHz: 40}
	for typ, want := range map[string]filter.Design{
		"low-pass":  {Family: "butterworth", Kind: filter.LowPass, Order: 4, EdgesHz: []float64{40}},
		"high-pass": {Family: "butterworth", Kind: filter.HighPass, Order: 4, EdgesHz: []float64{10}},
		"band-pass": {Family: "butterworth", Kind: filter.BandPass, Order: 4, EdgesHz: []float64{10, 40}},
		"band-stop": {Family: "butterworth", Kind: filter.BandStop, Order: 4, EdgesHz: []float64{10, 40}},
	} {
		f.Type = typ
		if diff := cmp.Diff(want, f.Design()); diff != "" {
			t.Errorf("%s: %s", typ, diff)
		}
		if _, err := f.Design().Sections(1000); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

func TestMinChanges(t *testing.T) {
	base := strings.Replace(valid, `["a"]`, `["a", "b"]`, 1)
	base = strings.Replace(base, `["rms"]`, `["rms", "b.kurtosis"]`, 1)
	for table, want := range map[string][]float64{
		`0`:                              {0, 0, 0},
		`0.5`:                            {0.5, 0.5, 0.5},
		`{ rms = 2 }`:                    {2, 2, 0},
		`{ rms = 2, "a.rms" = 3 }`:       {3, 2, 0},
		`{ "b.kurtosis" = 1, b.rms = 4}`: nil, // b.rms unquoted is a table in a table
	} {
		c, err := Parse([]byte(base+"features.min_change = "+table+"\n"), "m.toml")
		if want == nil {
			if err == nil || !strings.Contains(err.Error(), "stream.s.features.min_change.b: found a table") {
				t.Errorf("%s: %v", table, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", table, err)
			continue
		}
		s := c.Streams["s"]
		names, got, err := s.MinChanges()
		if err != nil || !cmp.Equal(names, []string{"a.rms", "b.rms", "b.kurtosis"}) || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v, %v; want %v", table, names, got, err, want)
		}
	}
}

func TestSinkWants(t *testing.T) {
	s := DefaultSink("x", "log")
	s.Streams, s.MinSeverity = []string{"motor.*", "grinder"}, "warning"
	for _, c := range []struct {
		stream, severity string
		want             bool
	}{
		{"motor.current", "warning", true},
		{"motor.current", "critical", true},
		{"motor.current", "info", false},
		{"motor.a.b", "warning", true},
		{"grinder", "warning", true},
		{"grinder.mbn", "warning", false},
		{"motor.current", "unheard-of", true},
	} {
		if got := s.Wants(c.stream, c.severity); got != c.want {
			t.Errorf("Wants(%s, %s) = %v", c.stream, c.severity, got)
		}
	}
}

// Decimation brings down the rate that everything behind it works at, and is part of what a model must agree with.
func TestDecimate(t *testing.T) {
	s := DefaultStream("s")
	s.Channels, s.RateHz, s.Features.List = []string{"a"}, 1000, []string{"rms"}
	plain := s.Fingerprint()
	if plain != s.Conditioning().Fingerprint() {
		t.Error("a stream that is not decimated has another fingerprint than its conditioning")
	}
	s.Decimate = 4
	s.Window.LengthS = 0.1
	if c := s.Conditioning(); c.RateHz != 250 || c.Length != 25 {
		t.Errorf("conditioning at %g Hz in windows of %d, want 250 Hz and 25", c.RateHz, c.Length)
	}
	if s.Decoding().RateHz != 1000 {
		t.Errorf("messages are decoded at %g Hz, want the publisher's rate", s.Decoding().RateHz)
	}
	if !strings.HasPrefix(s.Fingerprint(), `{"decimate":4,"channels":["a"],`) {
		t.Errorf("fingerprint %s", s.Fingerprint())
	}
	text := "[stream.s]\nchannels = [\"a\"]\nrate_hz = 1000\ndecimate = 4\nlearn = { windows = 100 }\nfeatures = { list = [\"rms\"] }\nfilter = { kind = \"butterworth\", type = \"low-pass\", high_hz = 125 }\n"
	if _, err := Parse([]byte(text), "x.toml"); err == nil || !strings.Contains(err.Error(), "half of rate_hz / decimate = 250") {
		t.Errorf("an edge at half of the decimated rate: %v", err)
	}
}
