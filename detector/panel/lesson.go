package panel

import (
	"errors"
	"fmt"
	"strings"

	"crackle/rnn/train"
)

// Lesson is what a panel learns from. Rows are finite and of one width; a run is unbroken, and members start anew at its first row.
type Lesson struct {
	Fit  [][][]float64 // runs of rows to learn from
	Held [][][]float64 // runs of rows that calibrate, none of them near one to learn from

	HeldLot  []string // of each run held out; none: all of one
	HeldPart []string

	Middle, Width []float64 // per feature, robust: z = (x - Middle) / Width
	MinChange     []float64 // per feature, in its unit: a smaller change scores no higher than the limit
	Margin        float64   // without a budget the limit of each member is this many times its largest held-out score; 1 or more
	Budget        Budget

	Accept    int // rows after which a level that has stopped moving is a new regime; 0: never
	Warmup    int // rows of a run before the first that is judged
	Increment bool
	Trials    int      // of steps of each size, for the report; 0: none
	Without   []string // members to leave out, by name
	Quick     bool     // the network in closed form, and nothing else that backpropagation trains
	Hidden    int      // of the network
	Epochs    int
	Rate      float64
	Seed      uint64
	Progress  func(train.Progress)

	all    [][]float64 // Fit in one run
	goesOn []bool      // of each run held out: it goes on with the one before, of which bad rows were left out; none: no run does
	level  *ground     // that rows are judged from, where it follows; nil: it does not
}

// fitted gives the rows to learn from as one run.
func (l *Lesson) fitted() [][]float64 {
	if l.all == nil {
		for _, run := range l.Fit {
			l.all = append(l.all, run...)
		}
	}
	return l.all
}

// fresh tells that members start anew at the first row of a run held out.
func (l *Lesson) fresh(run int) bool { return run >= len(l.goesOn) || !l.goesOn[run] }

// floors are the smallest units of an error of prediction.
func (l *Lesson) floors() []float64 {
	out := make([]float64, len(l.Width))
	for j, w := range l.Width {
		out[j] = max(l.MinChange[j]/l.Margin, 1e-3*w)
	}
	return out
}

func (l *Lesson) check() error {
	d := len(l.Middle)
	if d == 0 || len(l.Width) != d || len(l.MinChange) != d {
		return fmt.Errorf("%d middles, %d widths, %d tolerances: must be as many as there are features", d, len(l.Width), len(l.MinChange))
	}
	if !(l.Margin >= 1) {
		return fmt.Errorf("limit margin is %v, must be 1 or more", l.Margin)
	}
	for _, side := range [][][][]float64{l.Fit, l.Held} {
		n := 0
		for _, run := range side {
			for _, r := range run {
				if len(r) != d {
					return fmt.Errorf("a row has %d features, must have %d", len(r), d)
				}
				n++
			}
		}
		if n == 0 {
			return errors.New("no rows to fit, or none held out")
		}
	}
	for _, names := range []*[]string{&l.HeldLot, &l.HeldPart} {
		if *names == nil {
			*names = make([]string, len(l.Held))
		}
		if len(*names) != len(l.Held) {
			return fmt.Errorf("%d lots or parts for %d runs held out", len(*names), len(l.Held))
		}
	}
	for _, name := range l.Without {
		if _, ok := kindOf(name); !ok {
			return fmt.Errorf("member %q to leave out is unknown; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	return l.Budget.check()
}
