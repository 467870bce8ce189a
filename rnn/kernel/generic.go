package kernel

// stepGeneric writes the new hidden state to hn and replaces c.
func (l *Layer) stepGeneric(hn, h, c, x []float32) {
	var ax, ah [8]float32
	var kept [5]float32
	for p := range l.pairs {
		l.reducePair(&ax, &ah, p, h, x)
		for v := 0; v < 2 && p*2+v < l.Hidden; v++ {
			u := p*2 + v
			var cu float32
			if c != nil {
				cu = c[u]
			}
			hn[u], cu = l.unit(&kept, &ax, &ah, v, h[u], cu)
			if c != nil {
				c[u] = cu
			}
		}
	}
}

// reducePair computes ax and a0+a1 of the gates of hidden units 2p and 2p+1.
func (l *Layer) reducePair(ax, ah *[8]float32, p int, h, x []float32) {
	g2 := 2 * l.gates
	wx := l.wx[p*l.In*g2 : (p+1)*l.In*g2]
	wh := l.wh[p*l.Hidden*g2 : (p+1)*l.Hidden*g2]
	m := (l.Hidden - l.Hidden/2)
	var a1 [8]float32
	copy(ax[:g2], l.bx[p*g2:(p+1)*g2])
	copy(ah[:g2], l.bh[p*g2:(p+1)*g2])
	switch l.gates {
	case 3:
		reduce6((*[6]float32)(ax[:]), wx, x)
		reduce6((*[6]float32)(ah[:]), wh[:m*6], h[:m])
		reduce6((*[6]float32)(a1[:]), wh[m*6:], h[m:])
	case 4:
		reduce8(ax, wx, x)
		reduce8(ah, wh[:m*8], h[:m])
		reduce8(&a1, wh[m*8:], h[m:])
	default:
		reduce2((*[2]float32)(ax[:]), wx, x)
		reduce2((*[2]float32)(ah[:]), wh[:m*2], h[:m])
		reduce2((*[2]float32)(a1[:]), wh[m*2:], h[m:])
	}
	for i := range g2 {
		ah[i] += a1[i]
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
func (l *Layer) unit(s *[5]float32, ax, ah *[8]float32, v int, h, c float32) (hn, cn float32) {
	switch l.Cell {
	case GRU:
		r := Sigmoid(ax[v] + ah[v])
		z := Sigmoid(ax[2+v] + ah[2+v])
		n := Tanh(float32(r*ah[4+v]) + ax[4+v])
		s[0], s[1], s[2], s[3] = r, z, n, ah[4+v]
		return float32(z*(h-n)) + n, 0
	case LSTM:
		i := Sigmoid(ax[v] + ah[v])
		f := Sigmoid(ax[2+v] + ah[2+v])
		g := Tanh(ax[4+v] + ah[4+v])
		o := Sigmoid(ax[6+v] + ah[6+v])
		cn = float32(f*c) + float32(i*g)
		tc := Tanh(cn)
		s[0], s[1], s[2], s[3], s[4] = i, f, g, o, tc
		return o * tc, cn
	case ElmanReLU:
		hn = relu(ax[v] + ah[v])
	default:
		hn = Tanh(ax[v] + ah[v])
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
	g2 := 2 * l.gates
	m := l.Hidden - l.Hidden/2
	var ax, a0, a1 [8][Lanes]float32
	var kept [5]float32
	for p := range l.pairs {
		for i := range g2 {
			bx, bh := l.bx[p*g2+i], l.bh[p*g2+i]
			for j := range n {
				ax[i][j], a0[i][j], a1[i][j] = bx, bh, 0
			}
		}
		reduceTile(&ax, l.wx[p*l.In*g2:(p+1)*l.In*g2], x, g2, n)
		wh := l.wh[p*l.Hidden*g2 : (p+1)*l.Hidden*g2]
		reduceTile(&a0, wh[:m*g2], h[:m*Lanes], g2, n)
		reduceTile(&a1, wh[m*g2:], h[m*Lanes:], g2, n)
		for j := range n {
			var sx, sh [8]float32
			for i := range g2 {
				sx[i], sh[i] = ax[i][j], a0[i][j]+a1[i][j]
			}
			for v := 0; v < 2 && p*2+v < l.Hidden; v++ {
				at := (p*2+v)*Lanes + j
				var cu float32
				if c != nil {
					cu = c[at]
				}
				hn[at], cu = l.unit(&kept, &sx, &sh, v, h[at], cu)
				if cn != nil {
					cn[at] = cu
				}
				if save != nil {
					for q := range l.Cell.Saved() {
						save[q*l.Hidden*Lanes+at] = kept[q]
					}
				}
			}
		}
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
