package train

import (
	"math/rand/v2"
	"slices"

	"crackle/rnn"
	"crackle/rnn/kernel"
)

// pass runs a tile of up to 32 sequences forward and back. Every buffer is [steps][rows][lanes]; lane j is sequence j of the tile. A worker
// owns one and reuses it; buffers grow to the longest tile seen.
type pass struct {
	p      *packed
	steps  int
	n      int   // lanes in use
	length []int // [lanes] steps of each lane, at most steps; 0 for lanes not in use
	start  int   // forward computes from this step on; what is before stands from the last time

	x    []float32   // [steps][Input][lanes]
	dirs []direction // as packed.layers
	outs [][]float32 // per layer, what the next layer reads: [steps][directions*hidden][lanes]
	drop [][]float32 // per layer but the last, dropout factors of outs; nil without dropout
	dout []float32   // gradient of a layer's outs
	next []float32   // gradient of the layer below's outs
	y    []float32   // [steps][head rows][lanes]
	dy   []float32

	grads [][]float32 // of this tile, as Weights.Params
	watch bool        // note the gradient flow
	fixed bool        // the weights are not learned: their gradients are left out

	finalH, finalC [][]float32 // [layers*directions] of [hidden][lanes]: gradients of each lane's final state, or nil
}

// direction is one layer in one direction.
type direction struct {
	in     []float32 // what it read: an alias, or for a reverse layer the sequence turned round
	turned []float32 // own buffer for that
	hs, cs []float32 // [steps+1][hidden][lanes], from the initial state on
	save   []float32 // [steps][Saved][hidden][lanes]
	dg     []float32 // [steps][GateRows][hidden][lanes]
	dh, dc []float32 // [hidden][lanes]
	din    []float32 // [steps][input][lanes], gradient of in
	flow   []float64 // squared norm of dL/dh_t
}

func newPass(p *packed, params []rnn.Param) *pass {
	s := &pass{p: p, dirs: make([]direction, len(p.layers)), outs: make([][]float32, p.cfg.Layers), drop: make([][]float32, p.cfg.Layers), length: make([]int, lanes)}
	for _, q := range params {
		s.grads = append(s.grads, make([]float32, len(q.Data)))
	}
	size := p.cfg.Hidden * lanes
	for i := range s.dirs {
		s.dirs[i].dh, s.dirs[i].dc = make([]float32, size), make([]float32, size)
	}
	return s
}

func grow(b *[]float32, n int) []float32 {
	if cap(*b) < n {
		*b = make([]float32, n)
	}
	*b = (*b)[:n]
	return *b
}

// forward runs the tile; s.x, s.steps, s.n, s.length and each direction's initial hs[0] (and cs[0]) are set. dropout is drawn from r when r is not nil.
func (s *pass) forward(r *rand.Rand) {
	c := s.p.cfg
	src, width := s.x, c.Input
	for l := range c.Layers {
		for d := range c.Directions() {
			s.run(l*c.Directions()+d, src, width, d == 1)
		}
		src, width = s.join(l, r), c.Directions()*c.Hidden
	}
	if s.p.head == nil {
		s.y = src
		return
	}
	rows := s.p.head.Out
	y := grow(&s.y, s.steps*rows*lanes)
	for t := s.start; t < s.steps; t++ {
		s.p.head.ApplyTile(y[t*rows*lanes:], src[t*width*lanes:], s.n)
	}
}

// run is one layer in one direction over all steps.
func (s *pass) run(i int, src []float32, width int, reverse bool) {
	d, layer := &s.dirs[i], s.p.layers[i]
	d.in = src
	if reverse {
		d.in = grow(&d.turned, s.steps*width*lanes)
		s.turn(d.in, width, src, width, 0, width)
	}
	size := layer.Hidden * lanes
	saved := s.p.cell.Saved() * size
	save := grow(&d.save, s.steps*saved)
	for t := s.start; t < s.steps; t++ {
		var cn, c []float32
		if layer.HasCell() {
			cn, c = d.cs[(t+1)*size:], d.cs[t*size:]
		}
		layer.StepTile(save[t*saved:], d.hs[(t+1)*size:], cn, d.in[t*width*lanes:], d.hs[t*size:], c, s.n)
	}
}

// turn writes rows from..from+count of src to dst with every lane's own time reversed; steps past a lane's end become zero.
func (s *pass) turn(dst []float32, dstRows int, src []float32, srcRows, from, count int) {
	for t := range s.steps {
		for k := range count {
			row := dst[(t*dstRows+k)*lanes:]
			for j := range lanes {
				row[j] = 0
				if u := s.length[j] - 1 - t; u >= 0 {
					row[j] = src[(u*srcRows+from+k)*lanes+j]
				}
			}
		}
	}
}

// join makes what the next layer reads out of layer l's states.
func (s *pass) join(l int, r *rand.Rand) []float32 {
	c := s.p.cfg
	size, width := c.Hidden*lanes, c.Directions()*c.Hidden
	first := &s.dirs[l*c.Directions()]
	s.drop[l] = s.drop[l][:0]
	dropping := r != nil && c.Dropout > 0 && l+1 < c.Layers
	if !c.Bidirectional && !dropping {
		return first.hs[size:]
	}
	out := grow(&s.outs[l], s.steps*width*lanes)
	for t := range s.steps {
		copy(out[t*width*lanes:], first.hs[(t+1)*size:(t+2)*size])
	}
	if c.Bidirectional {
		s.turnBack(out, s.dirs[2*l+1].hs[size:])
	}
	if dropping {
		f := grow(&s.drop[l], len(out))
		keep := float32(1 / (1 - c.Dropout))
		for i := range f {
			f[i] = 0
			if r.Float64() >= c.Dropout {
				f[i] = keep
			}
			out[i] *= f[i]
		}
	}
	return out
}

// turnBack writes a reverse layer's states into the second half of out's rows, in the sequence's own order.
func (s *pass) turnBack(out, hs []float32) {
	h := s.p.cfg.Hidden
	for t := range s.steps {
		for k := range h {
			row := out[(t*2*h+h+k)*lanes:]
			for j := range lanes {
				row[j] = 0
				if u := s.length[j] - 1 - t; u >= 0 {
					row[j] = hs[(u*h+k)*lanes+j]
				}
			}
		}
	}
}

// backward takes s.dy [steps][head rows or width][lanes] down to s.grads, which it adds to. dx asks for the gradient of the inputs, left in s.next.
func (s *pass) backward(dx bool) {
	c := s.p.cfg
	width := c.Directions() * c.Hidden
	top := s.top()
	dout := s.dy
	if s.p.head != nil {
		rows := s.p.head.Out
		dout = grow(&s.dout, s.steps*width*lanes)
		clear(dout)
		for t := range s.steps {
			s.p.backY.AddTranspose(dout[t*width*lanes:], s.dy[t*rows*lanes:], 0, rows, s.n)
		}
		if at := 4 * len(s.dirs); !s.fixed {
			kernel.AddOuter(s.grads[at], rows, width, s.dy, rows*lanes, top, width*lanes, s.steps, s.n)
			kernel.AddRows(s.grads[at+1], rows, s.dy, rows*lanes, s.steps, s.n)
		}
	}
	for l := c.Layers - 1; l >= 0; l-- {
		in := s.p.layers[l*c.Directions()].In
		need := l > 0 || dx
		if l+1 < c.Layers && len(s.drop[l]) > 0 {
			for i, f := range s.drop[l] {
				dout[i] *= f
			}
		}
		var din []float32
		if need {
			din = grow(&s.next, s.steps*in*lanes)
			clear(din)
		}
		for d := range c.Directions() {
			s.back(l*c.Directions()+d, dout, d == 1, din)
		}
		s.next, s.dout = s.dout, s.next
		dout = din
	}
	s.next, s.dout = s.dout, s.next
}

// top is what the head read.
func (s *pass) top() []float32 {
	c := s.p.cfg
	if !c.Bidirectional {
		return s.dirs[c.Layers-1].hs[c.Hidden*lanes:]
	}
	return s.outs[c.Layers-1]
}

// back is one layer in one direction, from the last step to the first. dout [steps][directions*hidden][lanes]; din is added to unless nil.
func (s *pass) back(i int, dout []float32, reverse bool, din []float32) {
	d, layer := &s.dirs[i], s.p.layers[i]
	h, in := layer.Hidden, layer.In
	size, rows := h*lanes, s.p.cell.GateRows()*h*lanes
	width := s.p.cfg.Directions() * h
	if reverse {
		turned := grow(&d.din, s.steps*h*lanes)
		s.turn(turned, h, dout, width, h, h)
		dout, width = turned, h
	}
	dg := grow(&d.dg, s.steps*rows)
	d.flow = slices.Grow(d.flow[:0], s.steps)[:s.steps]
	clear(d.dh)
	clear(d.dc)
	for t := s.steps - 1; t >= 0; t-- {
		from := dout[t*width*lanes : t*width*lanes+size]
		s.addFinal(i, t)
		s.backStep(i, t, from)
	}
	if !s.fixed {
		s.weightGrads(i, dg, rows)
	}
	if din == nil {
		return
	}
	s.inputGrads(i, dg, rows, in, reverse, din)
}

// backStep takes one layer back through step t: dout [hidden][lanes] is the gradient of its state from above; dh and dc carry on.
func (s *pass) backStep(i, t int, dout []float32) {
	d, layer := &s.dirs[i], s.p.layers[i]
	size := layer.Hidden * lanes
	rows, saved := s.p.cell.GateRows()*size, s.p.cell.Saved()*size
	if s.watch {
		d.flow[t] = square(d.dh, dout, s.n)
	}
	g := d.dg[t*rows : (t+1)*rows]
	var c []float32
	if layer.HasCell() {
		c = d.cs[t*size:]
	}
	layer.GatesBack(g, d.dh, d.dc, dout, d.save[t*saved:], d.hs[t*size:], c, s.n)
	s.p.backH[i].AddTranspose(d.dh, g, 0, s.p.backH[i].Rows, s.n)
}

// addFinal adds the gradient of a lane's final state at its last step.
func (s *pass) addFinal(i, t int) {
	if s.finalH == nil {
		return
	}
	d := &s.dirs[i]
	for j := range s.n {
		if s.length[j]-1 != t {
			continue
		}
		for k := j; k < len(d.dh); k += lanes {
			d.dh[k] += s.finalH[i][k]
			if s.p.cell == kernel.LSTM {
				d.dc[k] += s.finalC[i][k]
			}
		}
	}
}

// weightGrads adds the gradients of one direction's weights. A GRU's hidden matrix saw the first three gate rows, its input matrix the first
// two and the fourth.
func (s *pass) weightGrads(i int, dg []float32, stride int) {
	d, layer := &s.dirs[i], s.p.layers[i]
	h, in := layer.Hidden, layer.In
	gates := s.p.cell.Gates() * h
	dwx, dwh, dbx, dbh := s.grads[4*i], s.grads[4*i+1], s.grads[4*i+2], s.grads[4*i+3]
	kernel.AddOuter(dwh, gates, h, dg, stride, d.hs, h*lanes, s.steps, s.n)
	kernel.AddRows(dbh, gates, dg, stride, s.steps, s.n)
	if s.p.cell != kernel.GRU {
		kernel.AddOuter(dwx, gates, in, dg, stride, d.in, in*lanes, s.steps, s.n)
		kernel.AddRows(dbx, gates, dg, stride, s.steps, s.n)
		return
	}
	kernel.AddOuter(dwx, 2*h, in, dg, stride, d.in, in*lanes, s.steps, s.n)
	kernel.AddRows(dbx, 2*h, dg, stride, s.steps, s.n)
	kernel.AddOuter(dwx[2*h*in:], h, in, dg[3*h*lanes:], stride, d.in, in*lanes, s.steps, s.n)
	kernel.AddRows(dbx[2*h:], h, dg[3*h*lanes:], stride, s.steps, s.n)
}

// inputGrads adds the gradient of what the direction read to din.
func (s *pass) inputGrads(i int, dg []float32, stride, in int, reverse bool, din []float32) {
	d := &s.dirs[i]
	dst := din
	if reverse {
		dst = grow(&d.turned, s.steps*in*lanes)
		clear(dst)
	}
	for t := range s.steps {
		s.inputGrad(i, dst[t*in*lanes:], dg[t*stride:(t+1)*stride])
	}
	if !reverse {
		return
	}
	for t := range s.steps {
		for k := range in {
			for j := range s.n {
				if u := s.length[j] - 1 - t; u >= 0 {
					din[(u*in+k)*lanes+j] += dst[(t*in+k)*lanes+j]
				}
			}
		}
	}
}

// inputGrad adds to dst [input][lanes] what one step's gate gradients g mean for the layer's input.
func (s *pass) inputGrad(i int, dst, g []float32) {
	h, m := s.p.layers[i].Hidden, s.p.backX[i]
	if s.p.cell != kernel.GRU {
		m.AddTranspose(dst, g, 0, m.Rows, s.n)
		return
	}
	m.AddTranspose(dst, g, 0, 2*h, s.n)
	m.AddTranspose(dst, g[3*h*lanes:], 2*h, 3*h, s.n)
}

// square is the squared norm of a + b over the first n lanes.
func square(a, b []float32, n int) float64 {
	var s float64
	for k := 0; k < len(a); k += lanes {
		for j := k; j < k+n; j++ {
			v := float64(a[j]) + float64(b[j])
			s += v * v
		}
	}
	return s
}
