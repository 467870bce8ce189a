package member

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// partLaw is how good parts are: their quantity is a mean, an offset of the part, wander along it, a part that comes back with each turn, and
// noise. Variances are in units of the noise's.
type partLaw struct {
	channels []int
	share    []float64 // of each channel in the quantity; they sum to 1
	turn     int
	mean     float64
	noise    float64 // standard deviation, in the quantity's unit
	offset   float64
	wander   float64
	stay     float64 // share of the wander that is left after a row
	round    float64 // variance of the amplitudes that come back with the turn
}

// farthest holds a wild value in, in deviations of the noise.
const farthest = 1e6

// quantity of a row, in deviations of the noise from the mean.
func (l *partLaw) quantity(row []float64) (float64, bool) {
	x := 0.0
	for k, c := range l.channels {
		if c >= len(row) || math.IsNaN(row[c]) || math.IsInf(row[c], 0) {
			return 0, false
		}
		x += l.share[k] * row[c]
	}
	return min(max((x-l.mean)/l.noise, -farthest), farthest), true
}

// phase of a row of a part in its turn.
func (l *partLaw) phase(row int) (sin, cos float64) {
	if l.turn == 0 {
		return 0, 0
	}
	return math.Sincos(2 * math.Pi * float64(row%l.turn) / float64(l.turn))
}

// fresh is what is believed of a part before its first row.
func (l *partLaw) fresh() belief {
	var b belief
	for k, v := range []float64{l.offset, l.wander, l.round, l.round} {
		b.cov[k][k] = v
	}
	return b
}

// leastPart is the fewest rows of a part to learn from.
const leastPart = 8

// learnParts learns from good parts.
func learnParts(channels []int, turn int, parts [][][]float64) (partLaw, error) {
	l := partLaw{channels: channels, turn: turn, stay: 1}
	if len(parts) < 2 {
		return l, fmt.Errorf("%d parts to learn from, at least 2 are needed: one does not tell how parts differ", len(parts))
	}
	if turn < 0 || turn == 1 {
		return l, fmt.Errorf("a turn of %d rows: 0 for none, or at least 2", turn)
	}
	rows := 0
	for i, part := range parts {
		if len(part) < leastPart {
			return l, fmt.Errorf("part %d has %d rows, at least %d are needed", i, len(part), leastPart)
		}
		for k, r := range part {
			for _, c := range channels {
				if c < 0 || c >= len(r) || math.IsNaN(r[c]) || math.IsInf(r[c], 0) {
					return l, fmt.Errorf("part %d, row %d has no finite channel %d: rows to learn from must be finite", i, k, c)
				}
			}
		}
		rows += len(part)
	}
	if rows < leastRows {
		return l, fmt.Errorf("%d rows to learn from, at least %d are needed: record more normal production", rows, leastRows)
	}
	var err error
	if l.share, err = shares(channels, parts); err != nil {
		return l, err
	}
	x := make([][]float64, len(parts))
	for i, part := range parts {
		for _, r := range part {
			v := 0.0
			for k, c := range channels {
				v += l.share[k] * r[c]
			}
			x[i] = append(x[i], v)
		}
	}
	return l, l.learnVariances(x)
}

// likeness is how much of the correlation between channels is believed.
const likeness = 0.9

// shares are those with which the channels' mean varies least within good parts: the best estimate of what is common to them.
func shares(channels []int, parts [][][]float64) ([]float64, error) {
	d := len(channels)
	if d == 1 {
		return []float64{1}, nil
	}
	cov := mat.NewSymDense(d, nil)
	mean := make([]float64, d)
	for _, part := range parts {
		clear(mean)
		for _, r := range part {
			for k, c := range channels {
				mean[k] += r[c] / float64(len(part))
			}
		}
		for _, r := range part {
			for a, c := range channels {
				for b := a; b < d; b++ {
					cov.SetSym(a, b, cov.At(a, b)+(r[c]-mean[a])*(r[channels[b]]-mean[b]))
				}
			}
		}
	}
	for a := range d {
		for b := a + 1; b < d; b++ {
			cov.SetSym(a, b, likeness*cov.At(a, b))
		}
	}
	var chol mat.Cholesky
	ones, w := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	for a := range d {
		ones.SetVec(a, 1)
	}
	if !chol.Factorize(cov) {
		return nil, fmt.Errorf("a channel of %v does not move in the parts to learn from: %w", channels, ErrConstant)
	}
	if err := chol.SolveVecTo(w, ones); err != nil {
		return nil, fmt.Errorf("channels %v cannot be told apart: %w", channels, err)
	}
	w.ScaleVec(1/mat.Sum(w), w)
	return w.RawVector().Data, nil
}

// learnVariances takes the law apart: the variogram, half the mean square of differences over growing lags, is the noise at lag 0 and rises
// with wander and turn (Cressie 1993, section 2.4); the means of the parts give the offset.
func (l *partLaw) learnVariances(parts [][]float64) error {
	n := float64(len(parts))
	means, shortest := make([]float64, len(parts)), len(parts[0])
	for i, p := range parts {
		for _, v := range p {
			means[i] += v / float64(len(p))
		}
		l.mean += means[i] / n
		shortest = min(shortest, len(p))
	}
	between := 0.0
	for _, v := range means {
		between += (v - l.mean) * (v - l.mean) / (n - 1)
	}
	gamma := variogram(parts, shortest/2)
	noise, wander, round, stay := takeApart(gamma, l.turn)
	if noise = max(noise, gamma[0]/4); !(noise > 1e-24*l.mean*l.mean) {
		return ErrConstant
	}
	l.noise, l.stay = math.Sqrt(noise), stay
	l.offset, l.wander, l.round = (1+1/n)*between/noise, wander/noise, round/noise
	return nil
}

// variogram for the lags 1 to most.
func variogram(parts [][]float64, most int) []float64 {
	out := make([]float64, most)
	for k := range out {
		sum, count := 0.0, 0.0
		for _, p := range parts {
			for i := k + 1; i < len(p); i++ {
				e := p[i] - p[i-k-1]
				sum += e * e / 2
				count++
			}
		}
		out[k] = sum / count
	}
	return out
}

// takeApart fits noise, wander with the best of a few lengths, and the turn to a variogram by least squares with none below zero, lag h with
// weight 1/h, since long lags are few and lie between the same rows.
func takeApart(gamma []float64, turn int) (noise, wander, round, stay float64) {
	least := math.Inf(1)
	for rows := 4.0; rows <= 32; rows *= 2 {
		fade := math.Exp(-1 / rows)
		basis := make([][3]float64, len(gamma))
		for i := range basis {
			h := float64(i + 1)
			basis[i] = [3]float64{1, 1 - math.Pow(fade, h), 0}
			if turn > 0 {
				basis[i][2] = 1 - math.Cos(2*math.Pi*h/float64(turn))
			}
		}
		c, miss := notNegative(basis, gamma)
		if miss < least {
			least, noise, wander, round, stay = miss, c[0], c[1], c[2], fade
		}
	}
	return noise, wander, round, stay
}

// sweeps of the coordinate descent; three columns have settled long before.
const sweeps = 300

func notNegative(basis [][3]float64, y []float64) (c [3]float64, miss float64) {
	left := func(i int) float64 { return y[i] - c[0]*basis[i][0] - c[1]*basis[i][1] - c[2]*basis[i][2] }
	for range sweeps {
		for k := range c {
			num, den := 0.0, 0.0
			for i, b := range basis {
				w := 1 / float64(i+1)
				num += w * (left(i) + c[k]*b[k]) * b[k]
				den += w * b[k] * b[k]
			}
			if den > 0 {
				c[k] = max(num/den, 0)
			}
		}
	}
	for i := range basis {
		miss += left(i) * left(i) / float64(i+1)
	}
	return c, miss
}
