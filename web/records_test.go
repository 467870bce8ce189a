package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"crackle/alert"
	"crackle/web/api"
	"crackle/web/webtest"
)

// records keeps what happens to the plant's alarms, and draws their evidence.
type records struct {
	*plant
	mu      sync.Mutex
	changes map[string][]api.Change
	judged  map[string]map[string]any
}

func newRecords(p *plant) *records {
	return &records{plant: p, changes: map[string][]api.Change{}, judged: map[string]map[string]any{}}
}

// providers are all that the plant and its records provide.
func (r *records) providers(h history) api.Providers {
	return api.Providers{History: h, Evidence: r, Desk: r, Journal: r, Judge: r}
}

func (r *records) note(id, change, by, comment string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes[id] = append(r.changes[id], api.Change{Time: time.Now().UTC(), Change: change, By: by, Comment: comment})
}

func (r *records) Shelve(ctx context.Context, id, by, comment string, d time.Duration, oneShot bool) error {
	a, ok := r.machine.Alarm(id)
	if !ok {
		return api.ErrUnknownAlarm
	}
	r.note(id, "shelved", by, comment)
	return r.machine.Shelve(ctx, alert.Shelving{Stream: a.Stream, Kind: a.Kind, By: by, Comment: comment, For: d, OneShot: oneShot})
}

func (r *records) Unshelve(ctx context.Context, id, by, comment string) error {
	a, ok := r.machine.Alarm(id)
	if !ok {
		return api.ErrUnknownAlarm
	}
	r.note(id, "unshelved", by, comment)
	return r.machine.Unshelve(ctx, alert.Shelving{Stream: a.Stream, Kind: a.Kind, By: by, Comment: comment})
}

func (r *records) Record(_ context.Context, id string) (*api.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := api.Change{Time: time.Date(2026, 11, 25, 6, 0, 1, 0, time.UTC), Change: "raised", Why: "3 of 3 windows above the limit"}
	return &api.Record{Changes: append([]api.Change{first}, r.changes[id]...)}, nil
}

// Past gives alarms of the days before the plant began, one an hour, the newest first.
func (r *records) Past(_ context.Context, q api.AlarmQuery) (out []alert.Alarm, err error) {
	for i := range 250 {
		a := alert.Alarm{ID: fmt.Sprintf("old%03d", i), Stream: "grinder.mbn", Kind: alert.KindScore, State: alert.Normal, OnsetTime: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Hour), What: webtest.Hostile,
			AckBy: "Ann", AckComment: "a\r\nb", Score: 5, Limit: 4}
		if q.Fits(&a) && len(out) < q.Limit {
			out = append(out, a)
		}
	}
	return out, nil
}

func (r *records) Judge(_ context.Context, id, judgement, by, comment string) error {
	r.note(id, "judged "+judgement, by, comment)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judged[id] = map[string]any{"judgement": judgement, "by": by, "comment": comment, "at": time.Now().UTC()}
	return nil
}

func (r *records) Judged(_ context.Context, id string) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j := r.judged[id]; j != nil {
		return j, nil
	}
	return nil, nil
}

func (r *records) Kept(_ context.Context, id string) (bool, error) {
	_, ok := r.machine.Alarm(id)
	return ok, nil
}

func (r *records) Pack(_ context.Context, id string) (io.ReadCloser, int64, error) {
	text := []byte("pack of " + id)
	return io.NopCloser(bytes.NewReader(text)), int64(len(text)), nil
}

// Drawing computes evidence: twelve seconds of signal, a harmonic that rises four seconds before the end, and the windows that scored it.
func (r *records) Drawing(_ context.Context, id string) (*api.Drawing, error) {
	a, ok := r.machine.Alarm(id)
	if !ok {
		return nil, api.NotFound("evidence", "evidence: none of alarm %.100q is kept", id)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	ms := func(t time.Time) float64 { return float64(t.UnixNano()) / 1e6 }
	from := a.OnsetTime.Add(-8 * time.Second)
	d := &api.Drawing{Alarm: a, Onset: a.OnsetTime, Part: a.Part, Lot: a.Lot, Model: "77d2c4fe90aa", Config: "1f0c", Kernel: "avx2", Program: "test",
		Ledger: map[string]any{"samples": map[string]any{"expected": 2400000, "received": 2400000, "scored": 2390000}}}
	raw, clean := api.Trace{Channel: "mbn", Unit: "V", Kind: "raw"}, api.Trace{Channel: "mbn", Unit: "V", Kind: "conditioned"}
	for k := range 1200 {
		t := from.Add(time.Duration(k) * 10 * time.Millisecond)
		amp := 0.4 * math.Pow(math.Abs(math.Sin(float64(k)/40)), 8)
		if k > 800 {
			amp *= 1.8
		}
		raw.Buckets = append(raw.Buckets, api.Bucket{TMS: ms(t), Min: -amp * (0.7 + 0.6*rng.Float64()), Max: amp * (0.7 + 0.6*rng.Float64())})
		clean.Buckets = append(clean.Buckets, api.Bucket{TMS: ms(t), Min: -amp, Max: amp})
	}
	d.Raw, d.Conditioned = []api.Trace{raw}, []api.Trace{clean}
	for n, name := range []string{"rms", "peak_position", "peak_width", "band_10k_40k_rms", "third_harmonic"} {
		d.Features = append(d.Features, api.Feature{Name: name, Unit: []string{"V", "deg", "deg", "V", "V"}[n], Low: 0.1, High: 0.3})
		d.Heat.Features = append(d.Heat.Features, name)
		d.Heat.Share = append(d.Heat.Share, nil)
	}
	for k := range 48 {
		end := from.Add(time.Duration(k+1) * 250 * time.Millisecond)
		w := api.Window{TMS: ms(end.Add(-500 * time.Millisecond)), EndMS: ms(end), Value: api.Number(1 + 0.3*rng.Float64()), Limit: 4, Verdict: "ok"}
		for n := range d.Features {
			v, share := 0.2+0.02*rng.NormFloat64(), 0.2*rng.Float64()
			if k > 32 && n == 4 {
				v, share = 0.9, 0.83
				w.Value, w.Verdict = api.Number(7+rng.Float64()), "alarm"
			}
			w.Features, w.Expected = append(w.Features, api.Number(v)), append(w.Expected, 0.2)
			d.Heat.Share[n] = append(d.Heat.Share[n], api.Number(share))
		}
		d.Windows, d.Heat.TMS = append(d.Windows, w), append(d.Heat.TMS, ms(end))
	}
	return d, nil
}

// newestOpen is the id of the newest alarm that is open.
func (p *plant) newestOpen() string {
	open := p.machine.Snapshot().Open
	if len(open) == 0 {
		panic(fmt.Sprint("no alarm is open: ", open))
	}
	return open[len(open)-1].ID
}
