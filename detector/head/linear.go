package head

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// linear is a ridge or a multinomial logistic regression on summaries.
type linear struct {
	Mean    []float64   `json:"mean"` // of each number of the summary
	SD      []float64   `json:"sd"`
	Weight  [][]float64 `json:"weight"` // [answers][numbers]
	Bias    []float64   `json:"bias"`
	Penalty float64     `json:"penalty"`
}

// penalties are tried, as shares of the number of parts.
var penalties = []float64{1e-3, 1e-2, 0.1, 1, 10}

// standardise fills Mean and SD and gives the standardised rows.
func (l *linear) standardise(x [][]float64) [][]float64 {
	n, d := float64(len(x)), len(x[0])
	l.Mean, l.SD = make([]float64, d), make([]float64, d)
	for j := range d {
		for _, r := range x {
			l.Mean[j] += r[j] / n
		}
		for _, r := range x {
			l.SD[j] += (r[j] - l.Mean[j]) * (r[j] - l.Mean[j]) / n
		}
		if l.SD[j] = math.Sqrt(l.SD[j]); l.SD[j] < 1e-9 {
			l.SD[j] = 0
		}
	}
	out := make([][]float64, len(x))
	for i, r := range x {
		out[i] = l.row(r)
	}
	return out
}

func (l *linear) row(r []float64) []float64 {
	out := make([]float64, len(r))
	for j, v := range r {
		if l.SD[j] > 0 {
			out[j] = (v - l.Mean[j]) / l.SD[j]
		}
	}
	return out
}

// answer gives the linear answers of a summary.
func (l *linear) answer(x []float64) []float64 {
	z := l.row(x)
	out := make([]float64, len(l.Bias))
	for c, w := range l.Weight {
		out[c] = l.Bias[c]
		for j, v := range z {
			out[c] += w[j] * v
		}
	}
	return out
}

// ridge fits a regression of y, which has mean 0 and deviation 1 or so.
func ridge(x [][]float64, y []float64, penalty float64) (*linear, error) {
	l := &linear{Penalty: penalty}
	z := l.standardise(x)
	n, d := len(z), len(z[0])
	mean := 0.0
	for _, v := range y {
		mean += v / float64(n)
	}
	a, b := mat.NewSymDense(d, nil), mat.NewVecDense(d, nil)
	for j := range d {
		for k := j; k < d; k++ {
			s := 0.0
			for _, r := range z {
				s += r[j] * r[k]
			}
			if j == k {
				s += penalty * float64(n)
			}
			a.SetSym(j, k, s)
		}
		s := 0.0
		for i, r := range z {
			s += r[j] * (y[i] - mean)
		}
		b.SetVec(j, s)
	}
	var chol mat.Cholesky
	var w mat.VecDense
	if !chol.Factorize(a) {
		return nil, fmt.Errorf("the normal equations of %d numbers are singular with a penalty of %g", d, penalty)
	}
	if err := chol.SolveVecTo(&w, b); err != nil {
		return nil, fmt.Errorf("the normal equations of %d numbers: %w", d, err)
	}
	l.Weight, l.Bias = [][]float64{w.RawVector().Data}, []float64{mean}
	return l, nil
}

// steps of the descent; what it has come to by then is used.
const steps = 200

// logistic fits a multinomial logistic regression of the class numbers y, by Nesterov's accelerated descent (Introductory Lectures on Convex
// Optimization, 2004, scheme 2.2.11): the loss is strongly convex by its penalty, and its curvature is at most half of that of the rows' squares.
func logistic(x [][]float64, y []int, classes int, penalty float64) (*linear, error) {
	l := &linear{Penalty: penalty, Bias: make([]float64, classes)}
	z := l.standardise(x)
	d := len(z[0])
	for i, r := range z {
		z[i] = append(r, 1) // the bias, which bears a penalty too small to matter
	}
	w, ahead, grad := make([]float64, classes*(d+1)), make([]float64, classes*(d+1)), make([]float64, classes*(d+1))
	curve := curvature(z)/2 + penalty
	slow := math.Sqrt(penalty / curve)
	for range steps {
		gradient(grad, ahead, z, y, classes)
		for k := range w {
			old := w[k]
			w[k] = ahead[k] - (grad[k]+penalty*ahead[k])/curve
			ahead[k] = w[k] + (1-slow)/(1+slow)*(w[k]-old)
		}
	}
	for c := range classes {
		l.Weight = append(l.Weight, w[c*(d+1):c*(d+1)+d])
		l.Bias[c] = w[c*(d+1)+d]
	}
	if !finite64(w...) {
		return nil, fmt.Errorf("logistic regression of %d numbers with a penalty of %g left the finite numbers", d, penalty)
	}
	return l, nil
}

// gradient is that of the mean cross-entropy by the weights w [classes][numbers].
func gradient(dst, w []float64, z [][]float64, y []int, classes int) {
	clear(dst)
	d, n := len(z[0]), float64(len(z))
	p := make([]float64, classes)
	for i, r := range z {
		for c := range p {
			p[c] = 0
			for j, v := range r {
				p[c] += w[c*d+j] * v
			}
		}
		softmax(p)[y[i]]--
		for c, e := range p {
			for j, v := range r {
				dst[c*d+j] += e * v / n
			}
		}
	}
}

// curvature bounds the largest eigenvalue of the mean square of rows by power iteration, with a tenth on top.
func curvature(z [][]float64) float64 {
	d := len(z[0])
	v, u := make([]float64, d), make([]float64, d)
	for j := range v {
		v[j] = 1 + float64(j%3)
	}
	top := 0.0
	for range 30 {
		clear(u)
		for _, r := range z {
			dot := 0.0
			for j, x := range r {
				dot += x * v[j]
			}
			for j, x := range r {
				u[j] += dot * x / float64(len(z))
			}
		}
		norm := 0.0
		for _, x := range u {
			norm += x * x
		}
		if top = math.Sqrt(norm); top == 0 {
			break
		}
		for j := range u {
			v[j] = u[j] / top
		}
	}
	return 1.1*top + 1e-9
}

// softmax turns answers into probabilities, in place.
func softmax(v []float64) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, x := range v {
		top = max(top, x)
	}
	for i, x := range v {
		v[i] = math.Exp(x - top)
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
	return v
}
