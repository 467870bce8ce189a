package evidence

import (
	"fmt"
	"math"

	"crackle/detector"
)

// Scorer scores a pack again. The program implements it: it has the model of that hash, and the kernels.
type Scorer interface {
	Kernel() string // that Score runs with
	// Tolerance is how far a value may be from one that another kernel gave: |a-b| ≤ tolerance × max(1, |b|).
	Tolerance() float64
	// Score takes p.Start up, pushes what p.Raw holds from Start.Index on through, and hands on each window's score in order. It fails when it has not the pack's model or
	// configuration, by their hashes.
	Score(p *Pack, emit func(*detector.Score)) error
}

// Report is what came of scoring a pack again.
type Report struct {
	Kernel   string  `json:"kernel"`   // of the scorer
	Same     bool    `json:"same"`     // it is the pack's: bits are compared, not numbers
	Windows  int     `json:"windows"`  // compared
	Equal    int     `json:"equal"`    // of these, to the bit
	Missing  int     `json:"missing"`  // of the pack, not scored again
	Largest  float64 `json:"largest"`  // difference, as Tolerance counts it
	Allowed  float64 `json:"allowed"`  // 0 when bits are compared
	At       uint64  `json:"at"`       // sample index of the window with it
	Verdicts int     `json:"verdicts"` // windows of another verdict or reason
	OK       bool    `json:"ok"`       // all windows were scored again and agree
	Why      string  `json:"why"`      // in words
}

// Verify scores a pack again and compares every window of it that ends after the state it starts from: to the bit with the pack's own kernel, within the scorer's tolerance with
// another. It fails when the pack has no state to start from or the scorer refuses it; a disagreement is not an error.
func Verify(p *Pack, s Scorer) (Report, error) {
	r := Report{Kernel: s.Kernel(), Same: s.Kernel() == p.Kernel}
	if !p.Start.Known {
		return r, fmt.Errorf("evidence: pack of alarm %s holds no state to score from (%s)", p.Alarm.ID, p.Short)
	}
	if !r.Same {
		r.Allowed = s.Tolerance()
	}
	type place struct{ first, end uint64 }
	again := make(map[place]detector.Score, len(p.Windows))
	err := s.Score(p, func(v *detector.Score) {
		if v.Run == p.Alarm.Run {
			again[place{v.First, v.End}] = *v
		}
	})
	if err != nil {
		return r, fmt.Errorf("evidence: score alarm %s again: %w", p.Alarm.ID, err)
	}
	for i := range p.Windows {
		want := &p.Windows[i].Score
		if want.Run != p.Start.Run || want.End <= p.Start.Index {
			continue // it came before the state
		}
		got, ok := again[place{want.First, want.End}]
		if !ok {
			r.Missing++
			continue
		}
		r.compare(want, &got)
	}
	r.judge(p.Kernel)
	return r, nil
}

func (r *Report) compare(want, got *detector.Score) {
	r.Windows++
	if got.Verdict != want.Verdict || got.Reason != want.Reason {
		r.Verdicts++
	}
	a, b := got.Value, want.Value
	if math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b) {
		r.Equal++
		return
	}
	d := math.Abs(a-b) / math.Max(1, math.Abs(b))
	if math.IsNaN(d) {
		d = math.MaxFloat64 // one of them is no number
	}
	if d = math.Min(d, math.MaxFloat64); d > r.Largest {
		r.Largest, r.At = d, want.First
	}
}

func (r *Report) judge(kernel string) {
	r.OK = r.Windows > 0 && r.Missing == 0
	switch {
	case r.Windows == 0:
		r.Why = "no window of the pack was scored again"
	case r.Missing > 0:
		r.Why = fmt.Sprintf("%d of %d windows were not scored again", r.Missing, r.Missing+r.Windows)
	case r.Same:
		r.OK = r.Equal == r.Windows && r.Verdicts == 0
		r.Why = fmt.Sprintf("%d of %d windows agree to the bit with kernel %s", r.Equal, r.Windows, kernel)
	default:
		r.OK = r.Largest <= r.Allowed // a verdict may turn where the score stands at its limit
		r.Why = fmt.Sprintf("kernel %s instead of %s: largest difference %.3g, allowed %.3g; %d of %d windows have another verdict", r.Kernel, kernel, r.Largest, r.Allowed, r.Verdicts, r.Windows)
	}
}
