package kernel

// stepGeneric writes the new hidden state to hn and replaces c.
func (l *Layer) stepGeneric(hn, h, c, x []float32) {
	var a [8]float32
	var nx [2]float32
	var kept [5]float32
	for p := range l.pairs {
		l.reducePair(&a, &nx, p, h, x)
		for v := 0; v < 2 && p*2+v < l.Hidden; v++ {
			u := p*2 + v
			var cu float32
			if c != nil {
				cu = c[u]
			}
			hn[u], cu = l.unit(&kept, &a, nx[v], v, h[u], cu)
			if c != nil {
				c[u] = cu
			}
		}
	}
}

// pair gives the packed weights of hidden units 2p and 2p+1.
func (l *Layer) pair(p int) (bias, wx, wa, wb []float32) {
	size := 2 * l.unitSize()
	w := l.tile[p*size : (p+1)*size]
	g2, m := 2*l.gates, l.Hidden-l.Hidden/2
	rows := 2 * l.Cell.biasRows()
	bias, w = w[:rows], w[rows:]
	wx, w = w[:l.In*g2], w[l.In*g2:]
	return bias, wx, w[:m*g2], w[m*g2:]
}

// reducePair computes the gates of hidden units 2p and 2p+1; for a GRU a[4], a[5] is the candidate's hidden part and nx its input part.
func (l *Layer) reducePair(a *[8]float32, nx *[2]float32, p int, h, x []float32) {
	bias, wx, wa, wb := l.pair(p)
	m := l.Hidden - l.Hidden/2
	var b [8]float32
	copy(a[:], bias)
	switch l.gates {
	case 3:
		a6, b6 := (*[6]float32)(a[:]), (*[6]float32)(b[:])
		reduce6(a6, wx, x)
		nx[0], nx[1] = a[4], a[5]
		a[4], a[5] = bias[6], bias[7]
		reduce6(a6, wa, h[:m])
		reduce6(b6, wb, h[m:])
	case 4:
		reduce8(a, wx, x)
		reduce8(a, wa, h[:m])
		reduce8(&b, wb, h[m:])
	default:
		a2, b2 := (*[2]float32)(a[:]), (*[2]float32)(b[:])
		reduce2(a2, wx, x)
		reduce2(a2, wa, h[:m])
		reduce2(b2, wb, h[m:])
	}
	for i := range 2 * l.gates {
		a[i] += b[i]
	}
}

// reduce6 adds to each a[i] the products w[k][i]*x[k], k ascending.
func reduce6(a *[6]float32, w, x []float32) {
	a0, a1, a2, a3, a4, a5 := a[0], a[1], a[2], a[3], a[4], a[5]
	for _, s := range x {
		if len(w) < 6 {
			break
		}
		a0 += float32(w[0] * s)
		a1 += float32(w[1] * s)
		a2 += float32(w[2] * s)
		a3 += float32(w[3] * s)
		a4 += float32(w[4] * s)
		a5 += float32(w[5] * s)
		w = w[6:]
	}
	a[0], a[1], a[2], a[3], a[4], a[5] = a0, a1, a2, a3, a4, a5
}

func reduce8(a *[8]float32, w, x []float32) {
	a0, a1, a2, a3, a4, a5, a6, a7 := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
	for _, s := range x {
		if len(w) < 8 {
			break
		}
		a0 += float32(w[0] * s)
		a1 += float32(w[1] * s)
		a2 += float32(w[2] * s)
		a3 += float32(w[3] * s)
		a4 += float32(w[4] * s)
		a5 += float32(w[5] * s)
		a6 += float32(w[6] * s)
		a7 += float32(w[7] * s)
		w = w[8:]
	}
	a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7] = a0, a1, a2, a3, a4, a5, a6, a7
}

func reduce2(a *[2]float32, w, x []float32) {
	a0, a1 := a[0], a[1]
	for _, s := range x {
		if len(w) < 2 {
			break
		}
		a0 += float32(w[0] * s)
		a1 += float32(w[1] * s)
		w = w[2:]
	}
	a[0], a[1] = a0, a1
}

// unit turns the reduced gates of one hidden unit (v = 0 or 1 of its pair) into the new h and c, and leaves in s what the backward pass needs.
func (l *Layer) unit(s *[5]float32, a *[8]float32, nx float32, v int, h, c float32) (hn, cn float32) {
	switch l.Cell {
	case GRU:
		r := Sigmoid(a[v])
		z := Sigmoid(a[2+v])
		n := Tanh(float32(r*a[4+v]) + nx)
		s[0], s[1], s[2], s[3] = r, z, n, a[4+v]
		return float32(z*(h-n)) + n, 0
	case LSTM:
		i := Sigmoid(a[v])
		f := Sigmoid(a[2+v])
		g := Tanh(a[4+v])
		o := Sigmoid(a[6+v])
		cn = float32(f*c) + float32(i*g)
		tc := Tanh(cn)
		s[0], s[1], s[2], s[3], s[4] = i, f, g, o, tc
		return o * tc, cn
	case ElmanReLU:
		hn = relu(a[v])
	default:
		hn = Tanh(a[v])
	}
	s[0] = hn
	return hn, 0
}

// relu keeps NaN.
func relu(x float32) float32 {
	if x < 0 {
		return 0
	}
	return x
}

// tileGeneric is stepGeneric for n channels of a tile: the same operations in the same order for each channel.
func (l *Layer) tileGeneric(save, hn, cn, x, h, c []float32, n int) {
	g2, m := 2*l.gates, l.Hidden-l.Hidden/2
	var a, b [8][Lanes]float32
	var nx [2][Lanes]float32
	for p := range l.pairs {
		bias, wx, wa, wb := l.pair(p)
		for i := range g2 {
			fill(&a[i], bias[i])
			fill(&b[i], 0)
		}
		reduceTile(&a, wx, x, g2, n)
		if l.Cell == GRU {
			nx[0], nx[1] = a[4], a[5]
			fill(&a[4], bias[6])
			fill(&a[5], bias[7])
		}
		reduceTile(&a, wa, h[:m*Lanes], g2, n)
		reduceTile(&b, wb, h[m*Lanes:], g2, n)
		for i := range g2 {
			for j := range n {
				a[i][j] += b[i][j]
			}
		}
		for v := 0; v < 2 && p*2+v < l.Hidden; v++ {
			l.finishTile(save, hn, cn, h, c, &a, &nx[v], p*2+v, n)
		}
	}
}

// finishTile turns the reduced gates of hidden unit u into its new state for n channels.
func (l *Layer) finishTile(save, hn, cn, h, c []float32, a *[8][Lanes]float32, nx *[Lanes]float32, u, n int) {
	var s [8]float32
	var kept [5]float32
	for j := range n {
		for i := range 2 * l.gates {
			s[i] = a[i][j]
		}
		at := u*Lanes + j
		var cu float32
		if c != nil {
			cu = c[at]
		}
		hn[at], cu = l.unit(&kept, &s, nx[j], u%2, h[at], cu)
		if cn != nil {
			cn[at] = cu
		}
		for q := range l.Cell.Saved() {
			save[q*l.Hidden*Lanes+at] = kept[q]
		}
	}
}

func fill(row *[Lanes]float32, v float32) {
	for j := range row {
		row[j] = v
	}
}

// reduceTile adds w[k][i]*x[k][j] to a[i][j] for the first n lanes j, k ascending.
func reduceTile(a *[8][Lanes]float32, w, x []float32, g2, n int) {
	for k := 0; len(x) >= Lanes; k++ {
		row := (*[Lanes]float32)(x)
		for i := range g2 {
			s, acc := w[k*g2+i], &a[i]
			for j := range n {
				acc[j] += float32(s * row[j])
			}
		}
		x = x[Lanes:]
	}
}
