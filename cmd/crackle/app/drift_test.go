package app_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/ingest"
	"crackle/ingest/block"
)

const hissStream = `
[stream.noise]
channels = ["mbn"]
rate_hz = 1000
no_data_s = 300
model = "noise.safetensors"
queue_blocks = 4096
[stream.noise.window]
length = 100
hop = 100
[stream.noise.features]
list = ["rms"]
min_change = 0.2
[stream.noise.network]
hidden = 4
epochs = 5
warmup_windows = 3
[stream.noise.alarm]
limit_margin = 3
`

// hiss is noise whose strength creeps.
type hiss struct {
	rnd  *rand.Rand
	from time.Time
	gain float64
}

// block is the next minute of it.
func (h *hiss) block(creep float64) *block.Block {
	b := &block.Block{RateHz: 1000, Channels: 1, TimeNS: h.from.UnixNano(), Samples: make([]float32, 60_000)}
	for i := range b.Samples {
		h.gain += creep
		b.Samples[i] = float32((1 + h.gain) * h.rnd.NormFloat64())
	}
	h.from = h.from.Add(time.Minute)
	return b
}

// A signal creeps away from what the model was taught, too slowly for any window to be an alarm: that the model drifts is one, which says since when
// and what to do, outlives a restart without being told again, and is over when the signal is as it was.
func TestScenarioModelDrifts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, hissStream)
	cfg := parse(t, dir, text)
	s := cfg.Streams["noise"]
	h := &hiss{rnd: rand.New(rand.NewPCG(4, 2)), from: time.Now().Add(-12 * time.Hour)}
	lesson := h.block(0)
	for range 9 {
		lesson.Samples = append(lesson.Samples, h.block(0).Samples...)
	}
	if err := app.SaveModel(app.ModelPath(cfg, &s), teach(t, &s, lesson)); err != nil {
		t.Fatal(err)
	}
	w := start(t, cfg)
	minutes := func(w *watch, p *ingest.Publisher, n int, creep float64, until func() bool) (came int) {
		for came < n && (until == nil || !until()) {
			before := w.scored("noise")
			publish(t, p, h.block(creep))
			flush(t, p)
			came++
			eventually(t, "the windows", func() bool { return w.scored("noise") >= before+590 })
		}
		return came
	}
	p := w.publisher("noise")
	minutes(w, p, 10, 0, nil)
	if n := len(w.events("noise", alert.KindDrift)); n != 0 {
		t.Fatalf("%d events before anything drifts", n)
	}
	began := h.from
	drifts := func() bool { return w.Drift("noise").Found }
	n := minutes(w, p, 60, 0.005/60_000, drifts) // half a per cent a minute

	a := w.alarmed("noise", alert.KindDrift, alert.Raised).Alarm
	wantAll(t, a.What, "the model drifts away from the process: since about ", "look for what has changed", "teach the model anew")
	t.Logf("after %d minutes, the signal %.1f %% stronger: %s", n, 100*h.gain, a.What)
	if n := len(w.events("noise", alert.KindScore)); n != 0 {
		t.Errorf("%d events of scores: the drift was to be found before", n)
	}
	if from := w.Drift("noise").From; from.Before(began.Add(-5*time.Minute)) || from.After(h.from) {
		t.Errorf("said to drift since %s, began at %s", from, began)
	}
	w.stop()

	again := start(t, parse(t, dir, text))
	p = again.publisher("noise")
	some := time.Now().Add(3 * time.Second) // more than the time for it to be found again
	eventually(t, "some time", func() bool { return time.Now().After(some) })
	if list := again.events("noise", alert.KindDrift); len(list) != 0 || !again.Drift("noise").Found {
		t.Errorf("told again while it holds, or forgotten: %+v", list)
	}
	h.gain = 0
	minutes(again, p, 40, 0, func() bool { return !again.Drift("noise").Found })
	over := again.alarmed("noise", alert.KindDrift, alert.Cleared).Alarm
	if over.ID != a.ID {
		t.Errorf("alarm %s is over, %s was raised", over.ID, a.ID)
	}
	if got := changesOf(entries(t, again), "noise", alert.KindDrift); len(got) != 2 {
		t.Errorf("the journal has %q; want raised and cleared", got)
	}
}
