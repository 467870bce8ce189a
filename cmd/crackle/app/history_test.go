package app_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/web/api"
)

// What the store holds of a stream is drawn as it was live: the waveform whole, every score that live gave, the alarm where it began.
func TestHistoryShowsWhatLiveSaw(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), motorStream("core", `transport = "core"`)))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	p := w.publisher("motor")
	began := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	at, samples := began, 0
	for _, whole := range []*block.Block{asBlock(healthy(t), 0), asBlock(faulty(t), 0)} {
		for _, b := range cut(whole, func() int { return 100 }) {
			b.Run, b.First, b.TimeNS = 0, 0, at.UnixNano()
			at = at.Add(time.Duration(b.Count()) * time.Millisecond)
			samples += b.Count()
			publish(t, p, b)
		}
	}
	flush(t, p)
	if err := w.Settle(within(t), "motor", uint64(samples)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alarm", func() bool { return len(w.events("motor", alert.KindScore)) > 0 })
	all := api.HistoryQuery{Stream: "motor", From: began.Add(-time.Second), To: at.Add(time.Second), Width: 4096,
		Want: api.WantRaw | api.WantConditioned | api.WantFeatures | api.WantScore | api.WantSpectrogram}
	h, err := w.History(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if !h.Truncated || !h.Oldest.Equal(began) || h.Newest.Sub(at).Abs() > time.Millisecond || len(h.Raw) != 3 || len(h.Conditioned) != 3 || h.Spectrogram == nil {
		t.Fatalf("truncated %v, %v to %v, %d raw and %d conditioned traces", h.Truncated, h.Oldest, h.Newest, len(h.Raw), len(h.Conditioned))
	}
	if h.Raw[0].Unit != "A" || len(h.Features) == 0 || !(h.Features[0].Low < h.Features[0].High) || len(h.Features[0].Points) == 0 {
		t.Errorf("unit %q, %d features", h.Raw[0].Unit, len(h.Features))
	}
	// Every score, to the bit: there are more pixels than windows.
	live := map[float64]int{}
	for _, s := range w.windows("motor") {
		if s.Verdict != detector.NotAssessed {
			live[s.Value]++
		}
	}
	seen := 0
	for _, pt := range h.Score {
		if pt.Verdict == "not assessed" {
			continue
		}
		if live[pt.Value] == 0 {
			t.Fatalf("a score of %v was not given live", pt.Value)
		}
		seen++
	}
	if seen < len(live)*9/10 || seen == 0 {
		t.Errorf("%d scores drawn of %d", seen, len(live))
	}
	marks := map[string]int{}
	for _, m := range h.Marks {
		marks[m.Kind]++
	}
	if marks["alarm"] == 0 || marks["part"] != 2 || marks["gap"] != 0 {
		t.Errorf("marks %v", marks)
	}
	if b, err := json.Marshal(h); err != nil || len(b) < 1000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}

	// A zoom into the end is what the whole shows there, since the chain had time to settle.
	zoom := all
	zoom.From, zoom.To, zoom.Width = at.Add(-300*time.Millisecond), at, 64
	z, err := w.History(t.Context(), zoom)
	if err != nil {
		t.Fatal(err)
	}
	for _, pt := range z.Score {
		if pt.Verdict != "not assessed" && live[pt.Value] == 0 {
			t.Errorf("zoomed: a score of %v was not given live", pt.Value)
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range z.Raw[0].Buckets {
		low, high = math.Min(low, b.Min), math.Max(high, b.Max)
	}
	if !(low < high) || z.Truncated {
		t.Errorf("zoomed: %g to %g, truncated %v", low, high, z.Truncated)
	}

	for what, q := range map[string]api.HistoryQuery{
		"width": {Stream: "motor", Width: 1}, "stream": {Stream: "none", Width: 100}, "core": {Stream: "core", Width: 100},
		"backwards": {Stream: "motor", Width: 100, From: at, To: began}, "channel": {Stream: "motor", Width: 100, Want: api.WantSpectrogram, Channel: "x"},
	} {
		if _, err := w.History(t.Context(), q); err == nil {
			t.Errorf("%s: answered", what)
		}
	}
	for what, q := range map[string]api.HistoryQuery{"only an end": {To: at}, "only a beginning": {From: at.Add(-time.Second)}} {
		q.Stream, q.Width, q.Want = "motor", 64, api.WantRaw
		h, err := w.History(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if !h.From.Before(h.To) || h.To.Sub(h.From) > time.Minute || len(h.Raw[0].Buckets) == 0 {
			t.Errorf("%s: %s to %s, %d buckets", what, h.From, h.To, len(h.Raw[0].Buckets))
		}
	}
	drawn := false
	var d *api.Drawing
	eventually(t, "evidence", func() bool {
		var err error
		d, err = w.Drawing(t.Context(), w.events("motor", alert.KindScore)[0].Alarm.ID)
		drawn = err == nil && len(d.Raw) == 3 && len(d.Heat.Features) > 0 && len(d.Windows) > 0
		return drawn
	})
	wantExpected(t, d)
	id := w.events("motor", alert.KindScore)[0].Alarm.ID
	status, body := w.get("/api/v1/alarms/" + id + "/evidence")
	if status != 200 {
		t.Errorf("evidence over HTTP: %d %s", status, body)
	}
	wantAll(t, body, `"id":"`+id+`"`, `"windows":[{`, `"heat":{`, `"ledger":{`)
	if status, body := w.get("/api/v1/alarms/" + id + "/evidence/pack"); status != 200 || !strings.HasPrefix(body, "CRKLEVD1") {
		t.Errorf("the pack over HTTP: %d", status)
	}
}

// wantExpected holds what a drawing says was expected to the features that stood out: a number near what is normal for each of them, none elsewhere.
func wantExpected(t *testing.T, d *api.Drawing) {
	t.Helper()
	told := 0
	for k, win := range d.Windows {
		for i, f := range d.Features {
			row := slices.Index(d.Heat.Features, f.Name)
			stood := row >= 0 && d.Heat.Share[row][k] > 0
			if stood != (win.Expected != nil && !math.IsNaN(float64(win.Expected[i]))) {
				t.Fatalf("window %d, %s: stood out %v, expected %v", k, f.Name, stood, win.Expected)
			}
			if !stood {
				continue
			}
			told++
			if v, width := win.Expected[i], f.High-f.Low; v < f.Low-10*width || v > f.High+10*width {
				t.Errorf("window %d, %s: expected %v, normal is %v to %v", k, f.Name, v, f.Low, f.High)
			}
		}
	}
	if told == 0 {
		t.Error("nothing was expected of anything")
	}
}
