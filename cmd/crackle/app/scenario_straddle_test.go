package app_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
)

const levelStream = `
[stream.level]
channels = ["level"]
rate_hz = 100
model = "level.safetensors"
source = "simulated"
no_data_s = 300
[stream.level.window]
length = 10
hop = 10
[stream.level.features]
list = ["rms"]
[stream.level.network]
hidden = 4
epochs = 3
warmup_windows = 2
without = ["gru", "autoencoder", "spread", "t2q", "novelty", "cusum", "rms"]
[stream.level.alarm]
new_regime_windows = 0
`

// hum makes windows of ten samples of any sign and size, each of exactly the RMS that is asked for.
type hum struct {
	rnd  *rand.Rand
	next uint64
	at   time.Time
}

func (h *hum) block(rms ...float64) *block.Block {
	b := &block.Block{Run: 1, First: h.next, TimeNS: h.at.UnixNano(), RateHz: 100, Channels: 1, Flags: block.Simulated}
	for _, want := range rms {
		var w [10]float64
		sum := 0.0
		for i := range w {
			w[i] = h.rnd.NormFloat64()
			sum += w[i] * w[i]
		}
		for _, v := range w {
			b.Samples = append(b.Samples, float32(v*want/math.Sqrt(sum/10)))
		}
	}
	h.next = b.End()
	h.at = h.at.Add(time.Duration(len(rms)) * 100 * time.Millisecond)
	return b
}

// straddle gives the RMS of windows that bring a model's score close to its limit, and then a hair above and a hair below it in turn, and
// away from it in the end. It steers what comes next by what the chain says of what came; the chain averages over about ten windows and follows a level that lasts, so that no
// constant signal stays at its limit.
func straddle(t *testing.T, h *hum, s *config.Stream, m *detector.Model, before []float64, approach, windows, after int) []float64 {
	t.Helper()
	const (
		hair   = 0.005 // of the limit
		weight = 0.1   // of a window in the chain's average
	)
	var last detector.Score
	c, err := app.NewChain(s, func(v *detector.Score) { last = *v })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Install(m); err != nil {
		t.Fatal(err)
	}
	rms := before
	mean, slope := 1.0, 400.0 // of the average, and of the score over it
	for i := range len(before) + approach + windows + after {
		if i >= len(before) {
			k, want := i-len(before)-approach, 0.0
			switch {
			case k < 0:
				want = last.Value + (0.995*last.Limit-last.Value)/10
			case k < windows:
				want = last.Limit * (1 + hair*float64(1-2*(k%2)))
			default:
				want = last.Value + (0.5*last.Limit-last.Value)/10
			}
			rms = append(rms, mean+(want-last.Value)/slope/weight)
		}
		was, step := last.Value, weight*(rms[i]-mean)
		if err := c.Push(h.block(rms[i])); err != nil {
			t.Fatal(err)
		}
		mean += step
		if k := i - len(before) - approach; k > 0 && k < windows { // steps of one size
			slope += 0.02 * (min(max((last.Value-was)/step, 100), 2000) - slope)
		}
	}
	return rms
}

// A score that lies a hair above and a hair below its limit in turn, every window for an hour, ten a second: the chain, the model, the store and the
// alarm machine of the product make one episode of it, told and journalled once with a count of how often it came back, and one end.
func TestScenarioStraddleForAnHour(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, levelStream))
	s := cfg.Streams["level"]
	h := &hum{rnd: rand.New(rand.NewPCG(1, 2))}
	normal := func() (rms []float64) {
		for range 10 {
			rms = append(rms, 1+0.01*h.rnd.NormFloat64())
		}
		return rms
	}
	var lesson []*block.Block
	for range 300 {
		lesson = append(lesson, h.block(normal()...))
	}
	m := teach(t, &s, lesson...)
	if err := app.SaveModel(app.ModelPath(cfg, &s), m); err != nil {
		t.Fatal(err)
	}
	const approach, windows, after = 90, 36_000, 50
	h = &hum{rnd: rand.New(rand.NewPCG(3, 4))}
	rms := straddle(t, h, &s, m, normal(), approach, windows, after)

	w := start(t, cfg)
	p := w.publisher("level")
	h = &hum{rnd: h.rnd, at: time.Now().Add(-2 * time.Hour)}
	send := func(rms ...float64) {
		b := h.block(rms...)
		b.First = 0
		publish(t, p, b)
	}
	for r := range slices.Chunk(rms[:len(rms)-after], 10) {
		send(r...)
	}
	flush(t, p)
	dealtWith(t, w, "level", uint64(10*(len(rms)-after)))
	farthest := 0.0
	all := w.windows("level")
	for i, v := range all[len(all)-windows:] {
		if want := i%2 == 0; (v.Verdict == detector.Alarm) != want || v.Verdict == detector.NotAssessed {
			t.Fatalf("window %d: score %g, limit %g, %v", i, v.Value, v.Limit, v.Verdict)
		}
		if i >= 1000 { // the steering has settled
			farthest = max(farthest, math.Abs(v.Value-v.Limit)/v.Limit)
		}
	}
	if len(all) != len(rms)-after || farthest > 0.01 {
		t.Errorf("%d windows, the farthest from the limit by %.2g of it", len(all), farthest)
	}
	told := func() (list []alert.Alarm) {
		status, body := w.get("/api/v1/alarms?stream=level&kind=score")
		var answer struct {
			Alarms []alert.Alarm
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
			t.Fatal(status, body, err)
		}
		return answer.Alarms
	}
	const least = windows/2 - 5 // the first ones make the alarm
	if l := told(); len(l) != 1 || l[0].Chatter < least || l[0].Chatter >= windows/2 || !l[0].ClearTime.IsZero() {
		t.Errorf("while it lasts the API has %+v", l)
	}
	for r := range slices.Chunk(rms[len(rms)-after:], 10) {
		send(r...)
	}
	flush(t, p)
	w.alarmed("level", alert.KindScore, alert.Cleared)
	if l := told(); len(l) != 1 || l[0].Chatter < least {
		t.Errorf("in the end the API has %+v", l)
	}
	var list []alert.Alarm
	eventually(t, "the journal", func() bool {
		list = nil
		for _, e := range entries(t, w) {
			if e.Event != nil && e.Event.Alarm.Kind == alert.KindScore {
				list = append(list, e.Event.Alarm)
			}
		}
		return len(list) >= 2
	})
	if len(list) != 2 || list[0].ID != list[1].ID || list[1].Chatter < least || list[1].Chatter >= windows/2 {
		t.Errorf("journalled: %+v", list)
	}
	if n := len(w.events("level", alert.KindScore)); n != 2 {
		t.Errorf("%d events, want the start and the end", n)
	}
}
