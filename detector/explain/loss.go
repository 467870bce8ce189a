package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"crackle/detector"
	"crackle/detector/head"
	"crackle/window"
)

// Merit is a figure of how well something does over a test set.
type Merit string

const (
	AUC   Merit = "auc"   // share of pairs of a bad and a good part in which the bad one scores higher; 0.5 is chance
	Error Merit = "error" // mean absolute error of a number
	Wrong Merit = "wrong" // share of wrong classes
)

// better is 1 where more is better, else -1.
func (m Merit) better() float64 {
	if m == AUC {
		return 1
	}
	return -1
}

// Tested is one part of a test set.
type Tested struct {
	Part    string
	Windows []window.Window // of a detector, in order, features kept
	Bad     bool            // what is true, for a detector
	Rows    [][]float32     // of a head
	Value   float64
	Class   string
}

// Lost is what masking a feature, or all of a channel, costs.
type Lost struct {
	Name   string  `json:"name"`
	Masked float64 `json:"masked"` // the merit without it
	Loss   float64 `json:"loss"`   // how much worse; below 0: better without it
	Low    float64 `json:"low"`    // 90 % interval, parts drawn again
	High   float64 `json:"high"`
}

// Loss is masking's loss of performance over a test set: each feature in turn stands at what is usual in every window of every part, and the whole
// set is scored again. Of features that say the same none is missed, since the others stay: look at the channels too.
type Loss struct {
	Merit    Merit   `json:"merit"`
	Whole    float64 `json:"whole"` // with nothing masked
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Parts    int     `json:"parts"`
	Features []Lost  `json:"features"` // the dearest first
	Channels []Lost  `json:"channels,omitempty"`
	Caution  string  `json:"caution"`
}

// LossConfig says how. The zero value of a field means its default.
type LossConfig struct {
	Channels []string // of the stream; may be empty
	Draws    int      // of parts for the intervals, default 500
	Seed     uint64
	Progress func(done, of int)
}

// outcomes scores the set with features masked: per part a peak, an error, or 0 and 1 for right and wrong.
type outcomes func(masked []int) ([]float64, error)

// OfDetector measures what a model's features are worth for telling bad parts from good ones, by the highest score of each part.
func OfDetector(ctx context.Context, m *detector.Model, set []Tested, c LossConfig) (*Loss, error) {
	good, bad := 0, 0
	for i := range set {
		if set[i].Bad {
			bad++
		} else {
			good++
		}
	}
	if good == 0 || bad == 0 {
		return nil, fmt.Errorf("masking over a test set: %d good and %d bad parts; both kinds are needed to say how well they are told apart", good, bad)
	}
	d, err := detector.New(detector.Config{Model: m})
	if err != nil {
		return nil, err
	}
	run := func(masked []int) ([]float64, error) {
		out := make([]float64, len(set))
		var s detector.Score
		var row []float32
		for i := range set {
			for k := range set[i].Windows {
				w := set[i].Windows[k]
				w.Fresh = w.Fresh || k == 0
				if len(w.Features) > 0 {
					row = append(row[:0], w.Features...)
					for _, j := range masked {
						row[j] = float32(m.Scaler.Median[j])
					}
					w.Features = row
				}
				d.Score(&s, &w)
				if s.Verdict != detector.NotAssessed {
					out[i] = max(out[i], s.Value)
				}
			}
		}
		return out, ctx.Err()
	}
	merit := func(out []float64, parts []int) float64 {
		var scores [2][]float64
		for _, i := range parts {
			k := 0
			if set[i].Bad {
				k = 1
			}
			scores[k] = append(scores[k], out[i])
		}
		return auc(scores[1], scores[0])
	}
	return measure(AUC, len(set), m.Features, run, merit, c)
}

// OfHead measures what a head's features are worth for its answers.
func OfHead(ctx context.Context, h *head.Head, set []Tested, c LossConfig) (*Loss, error) {
	if len(set) == 0 {
		return nil, errors.New("masking over a test set: it is empty")
	}
	merit := Error
	if len(h.Classes) > 0 {
		merit = Wrong
	}
	run := func(masked []int) ([]float64, error) {
		out := make([]float64, len(set))
		for i := range set {
			rows := make([][]float32, len(set[i].Rows))
			for t, r := range set[i].Rows {
				rows[t] = slices.Clone(r)
				for _, j := range masked {
					rows[t][j] = float32(h.Fitted.Scaler.Mean[j])
				}
			}
			e, err := h.Estimate(rows)
			switch {
			case err != nil:
				return nil, fmt.Errorf("part %s: %w", set[i].Part, err)
			case merit == Error:
				out[i] = math.Abs(e.Value - set[i].Value)
			case e.Class != set[i].Class:
				out[i] = 1
			}
		}
		return out, ctx.Err()
	}
	mean := func(out []float64, parts []int) float64 {
		s := 0.0
		for _, i := range parts {
			s += out[i] / float64(len(parts))
		}
		return s
	}
	return measure(merit, len(set), h.Features, run, mean, c)
}

// measure masks each feature and each channel in turn.
func measure(kind Merit, parts int, features []string, run outcomes, merit func([]float64, []int) float64, c LossConfig) (*Loss, error) {
	if c.Draws == 0 {
		c.Draws = 500
	}
	whole, err := run(nil)
	if err != nil {
		return nil, err
	}
	draws := resample(parts, c.Draws, c.Seed)
	all := draws[0]
	l := &Loss{Merit: kind, Whole: merit(whole, all), Parts: parts, Caution: Caution}
	base := make([]float64, 0, c.Draws)
	for _, d := range draws[1:] {
		base = append(base, merit(whole, d))
	}
	l.Low, l.High = interval(base)
	done, of := 0, len(features)+len(c.Channels)
	lose := func(name string, masked []int) (Lost, error) {
		if done++; c.Progress != nil {
			c.Progress(done, of)
		}
		out, err := run(masked)
		if err != nil {
			return Lost{}, err
		}
		x := Lost{Name: name, Masked: merit(out, all)}
		x.Loss = kind.better() * (l.Whole - x.Masked)
		var spread []float64
		for i, d := range draws[1:] {
			spread = append(spread, kind.better()*(base[i]-merit(out, d)))
		}
		x.Low, x.High = interval(spread)
		return x, nil
	}
	for j, name := range features {
		x, err := lose(name, []int{j})
		if err != nil {
			return nil, err
		}
		l.Features = append(l.Features, x)
	}
	for _, channel := range c.Channels {
		var of []int
		for j, name := range features {
			if head, _, _ := strings.Cut(name, "."); head == channel {
				of = append(of, j)
			}
		}
		if len(of) == 0 || len(of) == len(features) { // no feature is of this channel alone, or all are
			done++
			continue
		}
		x, err := lose(channel, of)
		if err != nil {
			return nil, err
		}
		l.Channels = append(l.Channels, x)
	}
	for _, list := range [][]Lost{l.Features, l.Channels} {
		slices.SortStableFunc(list, func(a, b Lost) int { return cmp.Compare(b.Loss, a.Loss) })
	}
	return l, nil
}

// resample gives all parts, and then so many draws of as many with replacement.
func resample(parts, draws int, seed uint64) [][]int {
	r := rand.New(rand.NewPCG(seed, 0x10c5))
	out := make([][]int, draws+1)
	for k := range out {
		out[k] = make([]int, parts)
		for i := range out[k] {
			if out[k][i] = i; k > 0 {
				out[k][i] = r.IntN(parts)
			}
		}
	}
	return out
}

// interval is the middle nine tenths of what is a number.
func interval(v []float64) (low, high float64) {
	v = slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return math.IsNaN(x) })
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(v)
	return v[len(v)/20], v[len(v)-1-len(v)/20]
}

// auc is the share of pairs in which the first is larger, a tie counting half; NaN without a pair.
func auc(bad, good []float64) float64 {
	s := 0.0
	for _, b := range bad {
		for _, g := range good {
			switch {
			case b > g:
				s++
			case b == g:
				s += 0.5
			}
		}
	}
	return s / float64(len(bad)*len(good))
}
