package member

import "math"

// What a row of a part is made of, in deviations of the noise from row to row.
const (
	offset = iota // of the part against the others
	wander        // along the part
	cosine        // of the turn
	sine
	size // of an excursion
	states
)

// belief is a Gaussian over the states, and the logarithm of its weight among others.
type belief struct {
	weight float64
	mean   [states]float64
	cov    [states][states]float64
}

// predict goes on by a row: the wander fades and is renewed, an excursion's size walks.
func (b *belief) predict(l *partLaw, walk float64) {
	b.mean[wander] *= l.stay
	for k := range states {
		b.cov[wander][k] *= l.stay
		b.cov[k][wander] *= l.stay
	}
	b.cov[wander][wander] += l.wander * (1 - l.stay*l.stay)
	b.cov[size][size] += walk * walk
}

// update takes a row that sees the states through look, with noise of unit variance, and weighs the belief by how well it foresaw the row.
func (b *belief) update(x float64, look [states]float64) {
	var gain [states]float64
	variance, left := 1.0, x
	for i, v := range look {
		for j, w := range look {
			gain[i] += b.cov[i][j] * w
		}
		left -= v * b.mean[i]
	}
	for i, v := range look {
		variance += v * gain[i]
	}
	for i := range states {
		b.mean[i] += gain[i] / variance * left
		for j := range states {
			b.cov[i][j] -= gain[i] * gain[j] / variance
		}
		b.cov[i][i] = max(b.cov[i][i], 0) // rounding
	}
	b.weight -= (left*left/variance + math.Log(variance)) / 2
}

// forget takes a state out.
func (b *belief) forget(k int) {
	b.mean[k] = 0
	for j := range states {
		b.cov[k][j], b.cov[j][k] = 0, 0
	}
}

// join makes b the Gaussian with the mean and covariance of both by weight.
func (b *belief) join(o *belief) {
	most := max(b.weight, o.weight)
	p, q := math.Exp(b.weight-most), math.Exp(o.weight-most)
	b.weight = most + math.Log(p+q)
	p, q = p/(p+q), q/(p+q)
	var apart [states]float64
	for i := range states {
		apart[i] = o.mean[i] - b.mean[i]
		b.mean[i] += q * apart[i]
	}
	for i := range states {
		for j := range states {
			b.cov[i][j] = p*b.cov[i][j] + q*o.cov[i][j] + p*q*apart[i]*apart[j]
		}
	}
}
