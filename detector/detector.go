package detector

import (
	"fmt"
	"math"
	"slices"

	"crackle/rnn"
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
	net    *rnn.Network
	state  *rnn.State

	z         []float32 // the window's scaled features
	out       []float32 // the network's output
	predicted []float64 // features expected of the next window, in their own units
	seen      int       // windows since the state started anew
	last      []float32 // features of the window before
	same      int       // windows in a row with those features, to the bit
	scores    [1]float64
}

// New makes a detector whose state is fresh.
func New(cfg Config) (*Detector, error) {
	if cfg.Model == nil {
		return nil, fmt.Errorf("stream %s: no model", cfg.Stream)
	}
	net, err := rnn.New(cfg.Model.Weights)
	if err != nil {
		return nil, fmt.Errorf("stream %s: model %s: %w", cfg.Stream, cfg.Model.Hash(), err)
	}
	d := len(cfg.Model.Features)
	return &Detector{
		stream: cfg.Stream, model: cfg.Model, net: net, state: net.NewState(),
		z: make([]float32, d), out: make([]float32, d), predicted: make([]float64, d), last: make([]float32, d),
	}, nil
}

// Model is the one in service.
func (d *Detector) Model() *Model { return d.model }

// Members names those that score, in the order of MemberScores.
func (d *Detector) Members() []string { return []string{network} }

// MemberScores are those of the last window, NaN for a member that had none. The slice is overwritten by the next window.
func (d *Detector) MemberScores() []float64 { return d.scores[:] }

// network is the name of the network as a member.
const network = "gru"

// Score scores one window: how far its features are from what the network predicted after the window before, in units of the deviation
// allowed; the feature that departs most decides. The limit is 1. Windows come in the stream's order.
func (d *Detector) Score(dst *Score, w *window.Window) {
	Unscored(dst, d.stream, w, 0)
	dst.Limit = 1
	d.scores[0] = math.NaN()
	if w.Fresh {
		d.restart()
		d.same = 0
	}
	if len(w.Features) == 0 { // a mark that the part is over
		return
	}
	if bad := w.Defects &^ window.Bridged; bad != 0 || len(w.Features) != len(d.z) {
		dst.Reason = SignalDefect
		if bad == window.Settling {
			dst.Reason = WarmingUp
		}
		d.restart()
		return
	}
	if !d.model.Scaler.scale(d.z, w.Features) {
		dst.Reason = ScoreInvalid
		d.restart()
		return
	}
	switch {
	case d.frozen(w.Features):
		dst.Reason = Frozen
		d.restart()
		return
	case d.seen >= d.model.Warmup:
		d.judge(dst, w.Features)
	default:
		dst.Reason = WarmingUp
	}
	d.predict()
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
	d.state.Reset()
	d.seen = 0
}

// predict runs the network over the scaled window and notes what it expects of the next one.
func (d *Detector) predict() {
	d.seen++
	if err := d.net.Step(d.out, d.z, d.state); err != nil { // lengths are checked with the model
		for j := range d.predicted {
			d.predicted[j] = math.NaN()
		}
		return
	}
	for j, o := range d.out {
		if d.model.Increment {
			o += d.z[j]
		}
		d.predicted[j] = d.model.Scaler.unscale(o, j)
	}
}

// judge compares the features with the prediction.
func (d *Detector) judge(dst *Score, features []float32) {
	value, total := 0.0, 0.0
	for j, v := range features {
		share := math.Abs(float64(v)-d.predicted[j]) / d.model.Allowed[j]
		if !(share <= value) { // NaN counts as the largest
			value = share
		}
		total += share * share
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		dst.Reason = ScoreInvalid
		d.restart()
		return
	}
	dst.Value = value
	dst.Member = network
	d.scores[0] = value
	dst.Verdict = OK
	if value > dst.Limit {
		dst.Verdict = Alarm
	}
	for j, v := range features {
		got := float64(v)
		x := math.Abs(got-d.predicted[j]) / d.model.Allowed[j]
		rank(&dst.Top, Cause{Feature: j, Name: d.model.Features[j], Got: got, Expected: d.predicted[j], Share: x * x / max(total, math.SmallestNonzeroFloat64)})
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
		Value: math.NaN(), Limit: math.NaN(), Verdict: NotAssessed, Reason: why,
	}
}
