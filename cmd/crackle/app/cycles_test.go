package app_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/ingest/block"
)

// A stream that follows its excitation has the envelope of its newest cycle over the band of good ones; a burst that is louder stands out of it, where
// in the cycle it was.
func TestScenarioEnvelopeOfCycles(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, `
[stream.barkhausen]
channels = ["drive", "mbn"]
units = ["A", "V"]
rate_hz = 5000
transport = "core"
window.cycle = { channel = "drive", nominal_hz = 10, hysteresis = 0.1, points = 200 }
features.list = ["rms", "log_rms"]
learn.windows = 120
network.epochs = 5
`, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	type envelope struct {
		Phase, Last, Low, High []*float64
		Cycles                 int
	}
	get := func(stream string) (status int, e envelope) {
		t.Helper()
		status, body := w.get("/api/v1/streams/" + stream + "/envelope")
		if status == 200 {
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				t.Fatal(err)
			}
		} else if !strings.Contains(body, "cycle") {
			t.Errorf("%s: %d %s", stream, status, body)
		}
		return status, e
	}
	for _, stream := range []string{"motor", "barkhausen"} {
		if status, _ := get(stream); status != 404 {
			t.Errorf("%s before any signal: %d", stream, status)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	pub := w.publisher("barkhausen")
	cycle := func(gain float64) {
		t.Helper()
		b := &block.Block{RateHz: 5000, Channels: 2, Samples: make([]float32, 2*500)}
		for i := range 500 {
			phase := float64(i) / 500
			burst := math.Exp(-math.Pow((phase-0.25)/0.05, 2)) // of magnetisation that goes through the coercive field
			if gain > 1 {
				burst *= gain
			}
			b.Samples[2*i] = float32(math.Sin(2 * math.Pi * phase))
			b.Samples[2*i+1] = float32((0.02 + burst) * rng.NormFloat64())
		}
		if err := pub.Publish(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for sent := 0; ; sent++ {
		cycle(1)
		if sent%50 == 49 {
			if _, e := get("barkhausen"); e.Cycles >= 100 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if sent > 20_000 {
			_, e := get("barkhausen")
			t.Fatalf("there are only %d good cycles: %+v", e.Cycles, w.Status("barkhausen"))
		}
	}
	status, e := get("barkhausen")
	if status != 200 || len(e.Phase) != 200 || len(e.Last) != 200 || len(e.Low) != 200 || len(e.High) != 200 {
		t.Fatalf("%d, %d points", status, len(e.Phase))
	}
	peak := 0
	for i := range e.High {
		if e.Low[i] == nil || e.High[i] == nil || *e.Low[i] > *e.High[i] {
			t.Fatalf("the band at %d is %v to %v", i, e.Low[i], e.High[i])
		}
		if *e.High[i] > *e.High[peak] {
			peak = i
		}
	}
	if p := *e.Phase[peak]; p < 0.15 || p > 0.35 {
		t.Errorf("the band is highest at phase %g, the bursts are at 0.25", p)
	}
	cycles := e.Cycles
	for range 3 {
		cycle(6)
	}
	eventually(t, "a cycle that stands out of the band", func() bool {
		_, e := get("barkhausen")
		return *e.Last[50] > 1.5**e.High[50] || *e.Last[49] > 1.5**e.High[49] || *e.Last[51] > 1.5**e.High[51]
	})
	if _, e := get("barkhausen"); e.Cycles < cycles {
		t.Errorf("%d cycles, there were %d", e.Cycles, cycles)
	}
}

// Where no window lies although the signal was there, teaching says which key stands in the way.
func TestNoCycleIsExplained(t *testing.T) {
	for key, want := range map[string]string{
		"cycle = { channel = \"drive\", nominal_hz = 11, tolerance = 0.05 }":  "window.cycle.nominal_hz",
		"cycle = { channel = \"drive\", nominal_hz = 10, level = 5 }":         "window.cycle.level = 5",
		"length = 100\nwindow.event = { channel = \"drive\", threshold = 3 }": "window.event.threshold = 3",
	} {
		cfg := parse(t, t.TempDir(), join(base, `
[stream.barkhausen]
channels = ["drive"]
rate_hz = 1000
features.list = ["rms"]
learn.windows = 120
window.`+key+"\n"))
		s := cfg.Streams["barkhausen"]
		r, err := app.NewRecordings(&s)
		if err != nil {
			t.Fatal(err)
		}
		b := &block.Block{RateHz: 1000, Channels: 1, Part: "p", Samples: make([]float32, 5000)}
		for i := range b.Samples {
			b.Samples[i] = float32(math.Sin(2 * math.Pi * 10 * float64(i) / 1000))
		}
		if err := r.Push(b); err != nil {
			t.Fatal(err)
		}
		r.End()
		if _, _, err := r.Teach(t.Context(), "test", true, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", key, err, want)
		}
	}
}
