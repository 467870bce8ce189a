package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert/evidence"
	"crackle/cmd/crackle/config"
	"crackle/web/api"
	"crackle/web/hub"
)

// drawnWidth is the number of buckets of a waveform in a drawing.
const drawnWidth = 1200

// evidenceStore opens what is kept; ErrNotFound when nothing was ever kept.
func (a *App) evidenceStore(ctx context.Context, id string) (*evidence.Store, error) {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return nil, err
	}
	if _, err := js.ObjectStore(ctx, evidence.Bucket); errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, api.NotFound("evidence", "evidence: none of alarm %.100q is kept", id)
	}
	return evidence.OpenStore(ctx, js, a.evidenceBounds())
}

// Kept implements api.Evidence.
func (a *App) Kept(ctx context.Context, id string) (bool, error) {
	st, err := a.evidenceStore(ctx, id)
	if p, ok := errors.AsType[*api.Problem](err); ok && p.Status == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return st.Has(ctx, id)
}

// evidenceBytes reads a pack's file.
func (a *App) evidenceBytes(ctx context.Context, id string) ([]byte, error) {
	st, err := a.evidenceStore(ctx, id)
	if err != nil {
		return nil, err
	}
	b, err := st.Bytes(ctx, id)
	if errors.Is(err, evidence.ErrNoPack) {
		return nil, api.NotFound("evidence", "%s", err.Error())
	}
	return b, err
}

// Pack implements api.Evidence.
func (a *App) Pack(ctx context.Context, id string) (io.ReadCloser, int64, error) {
	b, err := a.evidenceBytes(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return io.NopCloser(bytes.NewReader(b)), int64(len(b)), nil
}

// Drawing implements api.Evidence.
func (a *App) Drawing(ctx context.Context, id string) (*api.Drawing, error) {
	b, err := a.evidenceBytes(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := evidence.Decode(b)
	if err != nil {
		return nil, err
	}
	return drawing(p), nil
}

// drawing reduces a pack to what a page draws.
func drawing(p *evidence.Pack) *api.Drawing {
	settings, _, err := config.ReadStream(p.Settings)
	if err != nil {
		settings = config.Stream{} // of another version; what the pack says itself is drawn
	}
	units := packUnits(&settings)
	d := &api.Drawing{
		Alarm: p.Alarm, Onset: p.Alarm.OnsetTime, Short: p.Short, Part: p.Alarm.Part, Lot: p.Alarm.Lot,
		Model: p.Model, Config: p.Config, Kernel: p.Kernel, Program: p.Program, Features: []api.Feature{}, Windows: []api.Window{},
		Raw: drawTrace(&p.Raw, "raw", p, units), Conditioned: drawTrace(&p.Conditioned, "conditioned", p, units),
		Heat: api.Heat{Features: []string{}, TMS: []float64{}, Share: [][]api.Number{}},
	}
	if len(p.Ledger) > 0 {
		d.Ledger = p.Ledger
	}
	for _, f := range p.Features {
		x := api.Feature{Name: f.Name, Unit: settings.FeatureUnits([]string{f.Name}, []string{f.Unit})[0]}
		x.Low, x.High = bandNumbers(f.Low, f.High)
		d.Features = append(d.Features, x)
	}
	for i := range p.Windows {
		w := &p.Windows[i]
		end := windowNS(p, w)
		start := end - int64(float64(w.End-w.First)/p.Raw.RateHz*1e9)
		out := api.Window{TMS: float64(start) / 1e6, EndMS: float64(end) / 1e6, Value: api.Number(w.Value), Limit: api.Number(w.Limit), Verdict: hub.Word(w.Verdict)}
		for _, v := range w.Features {
			out.Features = append(out.Features, api.Number(v))
		}
		out.Expected = expected(w)
		d.Windows = append(d.Windows, out)
	}
	d.Heat = heat(p)
	return d
}

// windowNS is the time of a window's last sample, by the sample counter from where the signal of the pack begins, as the signal itself is drawn: the times that
// messages bear come late where the publisher was held up.
func windowNS(p *evidence.Pack, w *evidence.Window) int64 {
	if len(p.Raw.Segments) == 0 || !(p.Raw.RateHz > 0) || w.End == 0 {
		return w.TimeNS
	}
	anchor := p.Raw.Segments[0]
	return anchor.TimeNS + int64((float64(w.End-1)-float64(anchor.First))/p.Raw.RateHz*1e9)
}

// expected is what the member that spoke expected of the features that stood out, NaN for the others; nil where it expected nothing.
func expected(w *evidence.Window) []api.Number {
	var out []api.Number
	for _, c := range w.Top {
		if c.Share <= 0 || math.IsNaN(c.Expected) || c.Feature < 0 || c.Feature >= len(w.Features) {
			continue
		}
		if out == nil {
			out = make([]api.Number, len(w.Features))
			for i := range out {
				out[i] = api.Number(math.NaN())
			}
		}
		out[c.Feature] = api.Number(c.Expected)
	}
	return out
}

// packUnits are the units of the channels, by the settings.
func packUnits(s *config.Stream) map[string]string {
	units := map[string]string{}
	for i, name := range s.Channels {
		units[name] = unitOf(s, i)
	}
	return units
}

// heat lays the causes of the windows out by time and feature. Features that caused nothing are left out.
func heat(p *evidence.Pack) api.Heat {
	h := api.Heat{Features: []string{}, TMS: []float64{}, Share: [][]api.Number{}}
	row := map[int]int{}
	for i := range p.Windows {
		for _, c := range p.Windows[i].Top {
			if _, ok := row[c.Feature]; !ok && c.Share > 0 {
				row[c.Feature] = len(row)
				h.Features = append(h.Features, c.Name)
				h.Share = append(h.Share, make([]api.Number, len(p.Windows)))
			}
		}
	}
	for i := range p.Windows {
		h.TMS = append(h.TMS, float64(windowNS(p, &p.Windows[i]))/1e6)
		for _, c := range p.Windows[i].Top {
			if c.Share > 0 {
				h.Share[row[c.Feature]][i] = api.Number(c.Share)
			}
		}
	}
	return h
}

// bandNumbers are both NaN when the band is not known.
func bandNumbers(low, high float64) (api.Number, api.Number) {
	if low == 0 && high == 0 {
		return api.Number(math.NaN()), api.Number(math.NaN())
	}
	return api.Number(low), api.Number(high)
}

// drawTrace reduces a signal. Its times follow from the raw segments, which carry the publisher's.
func drawTrace(s *evidence.Signal, kind string, p *evidence.Pack, units map[string]string) []api.Trace {
	out := []api.Trace{}
	if len(s.Segments) == 0 || len(p.Raw.Segments) == 0 || !(s.RateHz > 0) {
		return out
	}
	anchor := p.Raw.Segments[0]
	at := func(g evidence.Segment) int64 {
		index := float64(g.First) * p.Raw.RateHz / s.RateHz
		return anchor.TimeNS + int64((index-float64(anchor.First))/p.Raw.RateHz*1e9)
	}
	last := s.Segments[len(s.Segments)-1]
	from, to := at(s.Segments[0]), at(last)+int64(float64(last.Count)/s.RateHz*1e9)
	if to <= from {
		to = from + int64(time.Millisecond)
	}
	for c, name := range s.Channels {
		r := newReduced(span{from, to, drawnWidth})
		rest := s.Samples
		for _, g := range s.Segments {
			r.rows(at(g), s.RateHz, rest[:g.Count*len(s.Channels)], len(s.Channels), c)
			rest = rest[g.Count*len(s.Channels):]
		}
		out = append(out, api.Trace{Channel: name, Unit: units[name], Kind: kind, Buckets: r.buckets()})
	}
	return out
}
