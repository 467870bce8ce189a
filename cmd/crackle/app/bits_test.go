package app_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/ingest/file"
	"crackle/ingest/simulate"
)

// noiseStream is Barkhausen noise behind a Butterworth filter, in windows short enough for a test.
func noiseStream(name, transport string) string {
	return fmt.Sprintf(`
[stream.%[1]q]
channels = ["mbn"]
units = ["V"]
rate_hz = 200_000
model = "mbn.safetensors"
model_stream = "mbn.store"
source = "simulated"
transport = %[2]q
no_data_s = 300
queue_blocks = 65536

[stream.%[1]q.filter]
kind = "butterworth"
type = "band-pass"
order = 4
low_hz = 2_000
high_hz = 70_000

[stream.%[1]q.window]
length = 1000
hop = 400

[stream.%[1]q.features]
list = ["log_rms", "kurtosis", "spectral_centroid", "log_band_power(20000,70000)"]

[stream.%[1]q.network]
hidden = 8
epochs = 20
warmup_windows = 3
`, name, transport)
}

// noise simulates Barkhausen noise of parts of the given lengths in s, one block each.
func noise(t testing.TB, seconds ...float64) (out []*block.Block) {
	t.Helper()
	cfg := simulate.DefaultBarkhausen()
	cfg.Parts, cfg.BlockSamples = nil, 1000
	for i, s := range seconds {
		cfg.Parts = append(cfg.Parts, simulate.GroundPart{Name: "shaft-" + strconv.Itoa(i), Seconds: s})
	}
	src, err := simulate.NewBarkhausen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for {
		var b block.Block
		if err := src.Read(&b); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		if n := len(out); n == 0 || out[n-1].Part != b.Part {
			out = append(out, &block.Block{Run: uint64(n + 1), RateHz: b.RateHz, Channels: 1, Part: b.Part, Flags: block.PartBegin | block.PartEnd | block.Simulated})
		}
		last := out[len(out)-1]
		last.Samples = append(last.Samples, b.Samples...)
	}
}

// spoil puts NaN into a block: a few that are bridged, and a stretch that is not.
func spoil(b *block.Block) {
	bad := float32(math.NaN())
	n := b.Count()
	for _, at := range []int{n / 5, n/5 + 1, n / 4} {
		b.Samples[at] = bad
	}
	for i := range 40 {
		b.Samples[n/2+i] = bad
	}
}

// asFile writes a block as a CSV file and reads it back, as `crackle score` does.
func asFile(t testing.TB, b *block.Block, s *config.Stream) file.Reader {
	t.Helper()
	var text strings.Builder
	text.WriteString(strings.Join(s.Channels, ",") + "\n")
	for i := range b.Count() {
		for c := range b.Channels {
			if c > 0 {
				text.WriteByte(',')
			}
			text.WriteString(strconv.FormatFloat(float64(b.Samples[i*b.Channels+c]), 'g', -1, 32))
		}
		text.WriteByte('\n')
	}
	path := filepath.Join(t.TempDir(), "recording.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := file.Open(path, file.Options{RateHz: b.RateHz, Part: b.Part})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// scoreFile scores a file through a chain of its own.
func scoreFile(t testing.TB, r file.Reader, s *config.Stream, m *detector.Model) (out []detector.Score) {
	t.Helper()
	c, err := app.NewChain(s, func(v *detector.Score) { out = append(out, *v) })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Install(m); err != nil {
		t.Fatal(err)
	}
	for {
		var b block.Block
		err := r.Read(&b)
		if errors.Is(err, io.EOF) {
			c.End()
			return onlyWindows(out)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Push(&b); err != nil {
			t.Fatal(err)
		}
	}
}

// sizes of blocks in rows; each gives the size of the next block.
func sizes() map[string]func() int {
	rnd := rand.New(rand.NewPCG(1, 2))
	fixed := func(n int) func() int { return func() int { return n } }
	return map[string]func() int{
		"1": fixed(1), "7": fixed(7), "100": fixed(100), "4096": fixed(4096),
		"at random": func() int { return 1 + rnd.IntN(1+rnd.IntN(1500)) },
	}
}

// The same signal gives the same scores, to the bit, whether it is read from a file or comes through NATS, with or without JetStream, in
// blocks of whatever size, with and without a filter, and with damage in it.
func TestSameBitsLiveAndFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, motorStream("motor.store", ""), motorStream("motor.core", `transport = "core"`),
		noiseStream("mbn.store", "jetstream"), noiseStream("mbn.core", "core")))
	saveMotorModel(t, cfg, "motor.store")
	signals := noise(t, 0.1, 0.1, 0.08)
	mbn := cfg.Streams["mbn.store"]
	if err := app.SaveModel(app.ModelPath(cfg, &mbn), teach(t, &mbn, signals[:2]...)); err != nil {
		t.Fatal(err)
	}
	spoil(signals[2])

	w := start(t, cfg)
	for _, tt := range []struct {
		kind   string
		signal *block.Block
		least  int // windows with a score
	}{
		{"motor", asBlock(faulty(t), 0), 12},
		{"mbn", signals[2], 15},
	} {
		s := cfg.Streams[tt.kind+".store"]
		m, err := app.LoadModel(app.ModelPath(cfg, &s), &s)
		if err != nil {
			t.Fatal(err)
		}
		want := scoreFile(t, asFile(t, tt.signal, &s), &s, m)
		if n := assessed(want); n < tt.least {
			t.Fatalf("%s: %d of %d windows of the file have a score, want %d or more", tt.kind, n, len(want), tt.least)
		}
		for _, by := range []string{"store", "core"} {
			stream := tt.kind + "." + by
			names := map[uint64]string{}
			samples := uint64(0)
			for name, size := range sizes() {
				p := w.publisher(stream)
				names[p.Run()] = name
				for _, b := range cut(tt.signal, size) {
					b.Run, b.First = 0, 0
					publish(t, p, b)
				}
				flush(t, p)
				samples += p.Next()
			}
			if err := w.Settle(within(t), stream, samples); err != nil {
				t.Fatalf("%v; counts %+v", err, w.counts(stream))
			}
			for run, name := range names {
				var got []detector.Score
				for _, v := range w.windows(stream) {
					if v.Run == run {
						got = append(got, v)
					}
				}
				sameBits(t, stream+" in blocks of "+name, got, want)
			}
			if c := w.counts(stream); c.Missing+c.Dropped.Samples+c.Late.Samples+c.Duplicated.Samples != 0 {
				t.Errorf("%s: counts %+v", stream, c)
			}
		}
	}
}

func assessed(scores []detector.Score) (n int) {
	for _, s := range scores {
		if s.Verdict != detector.NotAssessed {
			n++
		}
	}
	return n
}

// sameBits compares all that a score says of the signal.
func sameBits(t testing.TB, what string, got, want []detector.Score) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d windows, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		g, w := got[i], want[i]
		same := g.First == w.First && g.End == w.End && g.Part == w.Part && g.Verdict == w.Verdict && g.Reason == w.Reason &&
			math.Float64bits(g.Value) == math.Float64bits(w.Value) && math.Float64bits(g.Limit) == math.Float64bits(w.Limit)
		for k := range g.Top {
			a, b := g.Top[k], w.Top[k]
			same = same && a.Name == b.Name && math.Float64bits(a.Got) == math.Float64bits(b.Got) &&
				math.Float64bits(a.Expected) == math.Float64bits(b.Expected) && math.Float64bits(a.Share) == math.Float64bits(b.Share)
		}
		if !same {
			t.Errorf("%s: window %d is %+v, want %+v", what, i, g, w)
			return
		}
	}
}
