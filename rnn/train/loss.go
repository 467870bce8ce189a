package train

import (
	"fmt"
	"math"

	"crackle/rnn"
)

// Loss names what is minimised. Each is a weighted mean over rows of the mean over the row's outputs; outputs marked absent and rows of
// weight 0 do not count.
type Loss string

const (
	MSE          Loss = "mse"           // (y-t)²
	MAE          Loss = "mae"           // |y-t|
	Huber        Loss = "huber"         // ½e² up to delta, delta(|e|-½delta) beyond
	GaussianNLL  Loss = "gaussian_nll"  // ½(log v + (y-t)²/v), for HeadGaussian
	CrossEntropy Loss = "cross_entropy" // -w[t] log softmax(y)[t], for HeadClass
)

func (l Loss) fits(n rnn.Config) error {
	var head rnn.Head
	switch l {
	case MSE, MAE, Huber:
		head = rnn.HeadLinear
	case GaussianNLL:
		head = rnn.HeadGaussian
	case CrossEntropy:
		head = rnn.HeadClass
	default:
		return fmt.Errorf("loss is %q, must be %q, %q, %q, %q or %q", l, MSE, MAE, Huber, GaussianNLL, CrossEntropy)
	}
	if n.Head != head {
		return fmt.Errorf("loss %q needs a network with head %q, this one has %q", l, head, n.Head)
	}
	return nil
}

// logVarBound keeps exp of a log-variance inside float32 while training settles.
const logVarBound = 30

// row gives the loss of one row and writes dy, its gradient with respect to the dense layer's outputs y. target and present are as in
// Sequence; scale multiplies both.
func (c *Config) row(dy, y, target []float64, present []bool, scale float64) float64 {
	clear(dy)
	if c.Loss == CrossEntropy {
		return c.rowClass(dy, y, int(target[0]), scale)
	}
	count := 0
	for i := range target {
		if present == nil || present[i] {
			count++
		}
	}
	if count == 0 {
		return 0
	}
	s := scale / float64(count)
	var sum float64
	for i, t := range target {
		if present != nil && !present[i] {
			continue
		}
		e := y[i] - t
		switch c.Loss {
		case MSE:
			sum += s * e * e
			dy[i] = 2 * s * e
		case MAE:
			sum += s * math.Abs(e)
			dy[i] = s * sign(e)
		case Huber:
			if d := c.HuberDelta; math.Abs(e) <= d {
				sum += s * e * e / 2
				dy[i] = s * e
			} else {
				sum += s * d * (math.Abs(e) - d/2)
				dy[i] = s * d * sign(e)
			}
		case GaussianNLL:
			lv := y[len(target)+i]
			v := math.Exp(max(-logVarBound, min(logVarBound, lv)))
			sum += s * (lv + e*e/v) / 2
			dy[i] = s * e / v
			dy[len(target)+i] = s * (1 - e*e/v) / 2
		}
	}
	return sum
}

func (c *Config) rowClass(dy, y []float64, class int, scale float64) float64 {
	if c.ClassWeights != nil {
		scale *= c.ClassWeights[class]
	}
	top := math.Inf(-1)
	for _, v := range y {
		top = max(top, v)
	}
	var sum float64
	for i, v := range y {
		dy[i] = math.Exp(v - top)
		sum += dy[i]
	}
	for i := range dy {
		dy[i] *= scale / sum
	}
	dy[class] -= scale
	return scale * (math.Log(sum) + top - y[class])
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}
