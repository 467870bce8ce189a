package detector

import (
	"fmt"
	"math"
	"slices"

	"crackle/detector/panel"
	"crackle/window"
)

// Config of a Detector.
type Config struct {
	Stream string
	Model  *Model
}

// Detector scores the windows of one stream in order. It is for one goroutine; Score allocates nothing.
type Detector struct {
	stream string
	model  *Model
	panel  *panel.Panel

	row     []float64 // the window's features
	opinion panel.Opinion
	seen    int       // windows since the state started anew
	last    []float32 // features of the window before
	same    int       // windows in a row with those features, to the bit
	part    string
}

// New makes a detector whose state is fresh.
func New(cfg Config) (*Detector, error) {
	if cfg.Model == nil {
		return nil, fmt.Errorf("stream %s: no model", cfg.Stream)
	}
	p, err := cfg.Model.Panel()
	if err != nil {
		return nil, fmt.Errorf("stream %s: model %s: %w", cfg.Stream, cfg.Model.Hash(), err)
	}
	d := len(cfg.Model.Features)
	return &Detector{stream: cfg.Stream, model: cfg.Model, panel: p, row: make([]float64, d), last: make([]float32, d)}, nil
}

// Model is the one in service.
func (d *Detector) Model() *Model { return d.model }

// Score scores one window by all members of the model's panel; the one that finds it strangest speaks. Windows come in the stream's order.
func (d *Detector) Score(dst *Score, w *window.Window) {
	Unscored(dst, d.stream, w, 0)
	dst.Limit = d.panel.Limit()
	if w.Fresh {
		d.restart()
		d.same = 0
		if w.Part != d.part { // what one part did says nothing of the next
			d.panel.Forget()
			d.part = w.Part
		}
	}
	if len(w.Features) == 0 { // a mark that the part is over
		return
	}
	if bad := w.Defects &^ window.Bridged; bad != 0 || len(w.Features) != len(d.row) {
		dst.Reason = SignalDefect
		if bad == window.Settling {
			dst.Reason = WarmingUp
		}
		d.restart()
		return
	}
	if !d.take(w.Features) {
		dst.Reason = ScoreInvalid
		d.restart()
		return
	}
	if d.frozen(w.Features) {
		dst.Reason = Frozen
		d.restart()
		return
	}
	d.panel.Step(&d.opinion, d.row)
	if d.seen < d.model.Warmup {
		d.seen++
		dst.Reason = WarmingUp
		return
	}
	d.judge(dst)
}

// Away is, per feature, how far the level that the last window was judged from is from the one learned: not 0 at a new regime, and of a process that
// drifts. It is overwritten by the next Score.
func (d *Detector) Away() []float64 { return d.panel.Away() }

// take copies the features and reports whether all are finite.
func (d *Detector) take(features []float32) bool {
	for j, v := range features {
		d.row[j] = float64(v)
		if math.IsNaN(d.row[j]) || math.IsInf(d.row[j], 0) {
			return false
		}
	}
	return true
}

// frozenAfter is the number of windows in a row with the same features, to the bit, from which a signal counts as frozen. A live signal does not
// repeat itself; a dead sensor, a stuck converter or a publisher that sends one buffer for ever does.
const frozenAfter = 4

// frozen compares the features with those of the window before.
func (d *Detector) frozen(features []float32) bool {
	if d.same > 0 && slices.Equal(features, d.last) {
		d.same++
	} else {
		d.same = 1
		copy(d.last, features)
	}
	return d.same >= frozenAfter
}

// restart forgets the past, which no longer joins on to what comes.
func (d *Detector) restart() {
	d.panel.Reset()
	d.seen = 0
}

// judge makes a verdict of the panel's opinion.
func (d *Detector) judge(dst *Score) {
	value := d.opinion.Score
	switch {
	case math.IsInf(value, 0):
		dst.Reason = ScoreInvalid
		d.restart()
		return
	case math.IsNaN(value): // no member has seen enough
		dst.Reason = WarmingUp
		return
	}
	dst.Value, dst.Raw, dst.Member, dst.Verdict = value, d.opinion.Raw, d.opinion.Member, OK
	if value > dst.Limit {
		dst.Verdict = Alarm
	}
	d.panel.Settle(&d.opinion)
	dst.Regime = Regime(d.opinion.State)
	c, total := d.panel.Causes(), 0.0
	for _, v := range c.Share {
		total += v * v
	}
	for j, v := range c.Share {
		unit := ""
		if j < len(d.model.Units) {
			unit = d.model.Units[j]
		}
		rank(&dst.Top, Cause{Feature: j, Name: d.model.Features[j], Unit: unit, Got: c.Got[j], Expected: c.Expected[j], Share: v * v / max(total, math.SmallestNonzeroFloat64)})
	}
}

// rank puts c in its place among the largest shares.
func rank(top *[3]Cause, c Cause) {
	for i := range top {
		if c.Share > top[i].Share {
			copy(top[i+1:], top[i:])
			top[i] = c
			return
		}
	}
}

// Unscored fills dst for a window that gets no score, for the given reason.
func Unscored(dst *Score, stream string, w *window.Window, why Reason) {
	*dst = Score{
		Stream: stream, Run: w.Run, First: w.First, End: w.End, TimeNS: w.TimeNS, Part: w.Part, Lot: w.Lot, PartEnd: w.PartEnd,
		Value: math.NaN(), Raw: math.NaN(), Limit: math.NaN(), Verdict: NotAssessed, Reason: why,
	}
}
