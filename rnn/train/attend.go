package train

import (
	"math"

	"crackle/rnn"
	"crackle/rnn/kernel"
)

// attend is attention packed for training; set refreshes it.
type attend struct {
	w          *rnn.AttentionWeights
	keys, from int // widths of key and query; from is 0 when pooling
	key, query *kernel.Dense
	backK      *kernel.Matrix
	backQ      *kernel.Matrix
	zero       []float32
}

func newAttend(w *rnn.AttentionWeights, keys, from int) (*attend, error) {
	a := &attend{w: w, keys: keys, from: from, zero: make([]float32, w.Width), backK: kernel.NewMatrix(w.Width, keys)}
	var err error
	if a.key, err = kernel.NewDense(keys, w.Width, w.Key, a.zero); err != nil {
		return nil, err
	}
	if from > 0 {
		a.backQ = kernel.NewMatrix(w.Width, from)
		if a.query, err = kernel.NewDense(from, w.Width, w.Query, a.zero); err != nil {
			return nil, err
		}
	}
	a.set()
	return a, nil
}

func (a *attend) set() {
	a.key.Set(a.w.Key, a.zero)
	a.backK.Set(a.w.Key)
	if a.from > 0 {
		a.query.Set(a.w.Query, a.zero)
		a.backQ.Set(a.w.Query)
	}
}

// gaze is a tile's attention over steps rows of values; looks are its uses, one a decoder step.
type gaze struct {
	a           *attend
	n, steps    int
	length      []int
	values      []float32 // [steps][keys][lanes]
	keys, dkeys []float32 // [steps][width][lanes]
	q, dq       []float32 // [looks][width][lanes]
	alpha       []float32 // [looks][steps][lanes]
	dvalues     []float32 // [steps][keys][lanes]
	gradQ       []float32 // as the weights
	gradK       []float32
	gradS       []float32
}

func newGaze(a *attend) *gaze {
	return &gaze{a: a, gradQ: make([]float32, len(a.w.Query)), gradK: make([]float32, len(a.w.Key)), gradS: make([]float32, len(a.w.Score))}
}

// open begins a tile whose values are the pass's outputs, for a number of looks.
func (g *gaze) open(s *pass, looks int) {
	g.n, g.steps, g.length, g.values = s.n, s.steps, s.length, s.y
	width := g.a.w.Width * lanes
	grow(&g.keys, g.steps*width)
	clear(grow(&g.dkeys, g.steps*width))
	clear(grow(&g.q, looks*width))
	clear(grow(&g.dq, looks*width))
	clear(grow(&g.alpha, looks*g.steps*lanes))
	clear(grow(&g.dvalues, g.steps*g.a.keys*lanes))
	clear(g.gradQ)
	clear(g.gradK)
	clear(g.gradS)
	for t := range g.steps {
		g.a.key.ApplyTile(g.keys[t*width:], g.values[t*g.a.keys*lanes:], g.n)
	}
}

// look writes the context [keys][lanes] of look t; query is [from][lanes].
func (g *gaze) look(t int, context, query []float32) {
	width := g.a.w.Width
	q := g.q[t*width*lanes : (t+1)*width*lanes]
	if g.a.from > 0 {
		g.a.query.ApplyTile(q, query, g.n)
	} else {
		for i, v := range g.a.w.Query {
			for j := range g.n {
				q[i*lanes+j] = v
			}
		}
	}
	alpha := g.alpha[t*g.steps*lanes : (t+1)*g.steps*lanes]
	clear(context[:g.a.keys*lanes])
	row := make([]float32, g.steps)
	for j := range g.n {
		row = row[:g.length[j]]
		for s := range row {
			row[s] = g.score(q, s, j)
		}
		kernel.Softmax(row)
		for s, w := range row {
			alpha[s*lanes+j] = w
			values := g.values[s*g.a.keys*lanes:]
			for k := range g.a.keys {
				context[k*lanes+j] += w * values[k*lanes+j]
			}
		}
		row = row[:cap(row)]
	}
}

func (g *gaze) score(q []float32, s, j int) float32 {
	width := g.a.w.Width
	keys := g.keys[s*width*lanes:]
	var e float32
	for i := range width {
		a, k := q[i*lanes+j], keys[i*lanes+j]
		if g.a.w.Kind == rnn.AttentionAdditive {
			e += g.a.w.Score[i] * kernel.Tanh(a+k)
		} else {
			e += a * k
		}
	}
	if g.a.w.Kind == rnn.AttentionDot {
		e *= float32(1 / math.Sqrt(float64(width)))
	}
	return e
}

// back takes the gradient of look t's context to the values and the keys, and adds the query's to dquery unless pooling.
func (g *gaze) back(t int, dcontext, dquery []float32) {
	width := g.a.w.Width
	alpha := g.alpha[t*g.steps*lanes : (t+1)*g.steps*lanes]
	de := make([]float32, g.steps)
	for j := range g.n {
		var mean float32
		for s := range g.length[j] {
			w, at := alpha[s*lanes+j], s*g.a.keys*lanes
			var d float32
			for k := range g.a.keys {
				d += dcontext[k*lanes+j] * g.values[at+k*lanes+j]
				g.dvalues[at+k*lanes+j] += w * dcontext[k*lanes+j]
			}
			de[s] = d
			mean += w * d
		}
		for s := range g.length[j] {
			g.backScore(t, s, j, alpha[s*lanes+j]*(de[s]-mean))
		}
	}
	if g.a.from > 0 {
		g.a.backQ.AddTranspose(dquery, g.dq[t*width*lanes:], 0, width, g.n)
	}
}

func (g *gaze) backScore(t, s, j int, de float32) {
	width := g.a.w.Width
	q, dq := g.q[t*width*lanes:], g.dq[t*width*lanes:]
	k, dk := g.keys[s*width*lanes:], g.dkeys[s*width*lanes:]
	scale := float32(1 / math.Sqrt(float64(width)))
	for i := range width {
		at := i*lanes + j
		if g.a.w.Kind == rnn.AttentionDot {
			dq[at] += de * k[at] * scale
			dk[at] += de * q[at] * scale
			continue
		}
		y := kernel.Tanh(q[at] + k[at])
		g.gradS[i] += de * y
		d := de * g.a.w.Score[i] * (1 - y*y)
		dq[at] += d
		dk[at] += d
	}
}

// close gathers the weights' gradients; queries is the run of queries [looks][from][lanes]. dvalues is then complete.
func (g *gaze) close(looks int, queries []float32) {
	width, keys := g.a.w.Width, g.a.keys
	kernel.AddOuter(g.gradK, width, keys, g.dkeys, width*lanes, g.values, keys*lanes, g.steps, g.n)
	for s := range g.steps {
		g.a.backK.AddTranspose(g.dvalues[s*keys*lanes:], g.dkeys[s*width*lanes:], 0, width, g.n)
	}
	if g.a.from == 0 {
		kernel.AddRows(g.gradQ, width, g.dq, width*lanes, looks, g.n)
		return
	}
	kernel.AddOuter(g.gradQ, width, g.a.from, g.dq, width*lanes, queries, g.a.from*lanes, looks, g.n)
}

// grads are in the order of the weights' parameters.
func (g *gaze) grads() [][]float32 {
	if g.a.w.Kind == rnn.AttentionAdditive {
		return [][]float32{g.gradQ, g.gradK, g.gradS}
	}
	return [][]float32{g.gradQ, g.gradK}
}
