package member

import (
	"fmt"
	"math"

	"crackle/rnn"
	"crackle/rnn/train"
)

// Differentiable is a member whose raw score can be followed back to the rows that it came from: one that rests on a network. A p-value or a
// distance to the nearest neighbours has no derivative worth having.
type Differentiable interface {
	Member
	// Gradients gives a calculator of its own, which shares nothing that moves with the member.
	Gradients() (*Gradients, error)
	// Randomised is a member of the same make whose network is drawn anew from seed: the control of an explanation (Adebayo et al. 2018). What
	// explains it as well does not explain the member.
	Randomised(seed uint64) (Differentiable, error)
}

// Reading is how a member makes a raw score of what its network gave.
type Reading interface {
	// Read gives the score of the last of the scaled rows z of sequence seq, whose outputs in holds, NaN while there is too little past. With dz,
	// shaped as z, it also pulls the score's derivative by the outputs, and adds to dz what the score depends on z directly.
	Read(in *train.Inputs, seq int, z, dz [][]float64) float64
}

// Gradients scores sequences of rows from a fresh start and gives the derivatives of the score of the last row by every value of every row. It
// is for one goroutine.
type Gradients struct {
	in       *train.Inputs
	mean, sd []float64 // scaling; sd 0 leaves a channel out
	clip     float64
	open     bool
	reading  Reading
	z, dz    [][][]float64 // [sequence][row][channel]
	x        [][][]float32
	gradient []float32
}

// GradientsConfig says what a member computes. A row is scaled to z = (row - Mean) / SD, held within Clip, and read by the network.
type GradientsConfig struct {
	Weights  *rnn.Weights
	Mean, SD []float64
	Clip     float64
	Open     bool // the Reading sees z as it is, and only the network what is held in
	Reading  Reading
}

// NewGradients packs the network.
func NewGradients(c GradientsConfig) (*Gradients, error) {
	if d := c.Weights.Config.Input; len(c.Mean) != d || len(c.SD) != d {
		return nil, fmt.Errorf("gradients: %d means and %d deviations for a network that reads %d channels", len(c.Mean), len(c.SD), d)
	}
	in, err := train.NewInputs(c.Weights)
	if err != nil {
		return nil, err
	}
	return &Gradients{in: in, mean: c.Mean, sd: c.SD, clip: c.Clip, open: c.Open, reading: c.Reading, gradient: make([]float32, len(c.Mean))}, nil
}

// Lanes is the number of sequences that are best asked for at once.
const Lanes = train.Lanes

// Scores writes to dst the raw score of the last row of each sequence, [rows][channels] from a fresh start, NaN where there is none. Any number
// of sequences is allowed; they may be of unequal length, and each needs a row.
func (g *Gradients) Scores(dst []float64, seqs [][][]float64) error {
	return g.run(dst, seqs, nil)
}

// ScoresAgain is Scores for at most Lanes sequences that differ from those of the last call from row from on only, as many and as long: what comes
// before is not computed again.
func (g *Gradients) ScoresAgain(dst []float64, seqs [][][]float64, from int) error {
	if err := g.load(seqs, from); err != nil {
		return err
	}
	if err := g.in.Again(g.x[:len(seqs)], from); err != nil {
		return err
	}
	for i := range seqs {
		dst[i] = g.reading.Read(g.in, i, g.z[i], nil)
	}
	return nil
}

// Gradient is Scores, and adds to dx, shaped as seqs, the derivatives of each score times weight.
func (g *Gradients) Gradient(dst []float64, seqs [][][]float64, dx func(seq int) [][]float64, weight float64) error {
	return g.run(dst, seqs, func(seq, step, channel int, v float64) { dx(seq)[step][channel] += weight * v })
}

func (g *Gradients) run(dst []float64, seqs [][][]float64, add func(seq, step, channel int, v float64)) error {
	for from := 0; from < len(seqs); from += Lanes {
		n := min(Lanes, len(seqs)-from)
		if err := g.load(seqs[from:from+n], 0); err != nil {
			return err
		}
		if err := g.in.Forward(g.x[:n], nil, nil); err != nil {
			return err
		}
		for i := range n {
			var dz [][]float64
			if add != nil {
				dz = g.dz[i]
			}
			dst[from+i] = g.reading.Read(g.in, i, g.z[i], dz)
		}
		if add == nil {
			continue
		}
		g.in.Backward()
		for i := range n {
			if math.IsNaN(dst[from+i]) {
				continue
			}
			for t, z := range g.dz[i] {
				g.in.Gradient(g.gradient, i, t)
				for j, direct := range z {
					inside := math.Abs(g.z[i][t][j]) < g.clip
					if inside {
						direct += float64(g.gradient[j])
					}
					if g.sd[j] > 0 && (inside || g.open) {
						add(from+i, t, j, direct/g.sd[j])
					}
				}
			}
		}
	}
	return nil
}

// load scales the rows of up to Lanes sequences, from a row on.
func (g *Gradients) load(seqs [][][]float64, from int) error {
	d := len(g.mean)
	for len(g.z) < len(seqs) {
		g.z, g.dz, g.x = append(g.z, nil), append(g.dz, nil), append(g.x, nil)
	}
	for i, rows := range seqs {
		for len(g.z[i]) < len(rows) || cap(g.z[i]) < len(rows) {
			g.z[i], g.dz[i], g.x[i] = append(g.z[i], make([]float64, d)), append(g.dz[i], make([]float64, d)), append(g.x[i], make([]float32, d))
		}
		g.z[i], g.dz[i], g.x[i] = g.z[i][:len(rows)], g.dz[i][:len(rows)], g.x[i][:len(rows)]
		for t := from; t < len(rows); t++ {
			r := rows[t]
			if len(r) != d {
				return fmt.Errorf("gradients: sequence %d, row %d has %d channels, the member reads %d", i, t, len(r), d)
			}
			for j, v := range r {
				z := 0.0
				if g.sd[j] > 0 {
					z = (v - g.mean[j]) / g.sd[j]
				}
				held := min(max(z, -g.clip), g.clip)
				if !g.open {
					z = held
				}
				if math.IsNaN(z) {
					return fmt.Errorf("gradients: sequence %d, row %d, channel %d is %v, must be finite", i, t, j, v)
				}
				g.z[i][t][j], g.x[i][t][j], g.dz[i][t][j] = z, float32(held), 0
			}
		}
	}
	return nil
}

// Shuffled is a copy of w in which the values of every tensor have changed places, so that their sizes stay and their meaning is gone.
func Shuffled(w *rnn.Weights, seed uint64) *rnn.Weights {
	out := w.Clone()
	r := newShuffle(seed)
	for _, p := range out.Params() {
		r.Shuffle(len(p.Data), func(i, k int) { p.Data[i], p.Data[k] = p.Data[k], p.Data[i] })
	}
	return out
}
