package kernel

// Saved is the number of rows per hidden unit that StepTileSave keeps for the backward pass: GRU r, z, n and the hidden part of the
// candidate; LSTM i, f, g, o, tanh(c); Elman none beyond the new state, but one row is kept to hold it.
func (c Cell) Saved() int {
	switch c {
	case GRU:
		return 4
	case LSTM:
		return 5
	}
	return 1
}

// GateRows is the number of rows per hidden unit that GatesBack writes: the gradients before the activations, GRU r, z, n and the hidden
// part of the candidate, others as Gates.
func (c Cell) GateRows() int {
	if c == GRU {
		return 4
	}
	return c.Gates()
}

// StepTileSave is StepTile that also fills save [Saved][Hidden][Lanes].
func (l *Layer) StepTileSave(save, hn, cn, x, h, c []float32, n int) {
	l.stepTile(save[:l.Cell.Saved()*l.Hidden*Lanes], hn, cn, x, h, c, n)
}

// GatesBack goes back through the activations of one step for the first n channels. dh [Hidden][Lanes] is the gradient of the loss with
// respect to the new state and is replaced by the part that reaches the previous state past the gates; for the LSTM dc likewise. save is
// StepTileSave's, h and c are the state before the step. dg [GateRows][Hidden][Lanes] receives the gradients before the activations.
func (l *Layer) GatesBack(dg, dh, dc, save, h, c []float32, n int) {
	switch l.Cell {
	case GRU:
		gruBack(l.Hidden, dg, dh, save, h, n)
	case LSTM:
		lstmBack(l.Hidden, dg, dh, dc, save, c, n)
	default:
		elmanBack(l.Hidden, dg, dh, save, n, l.Cell == ElmanReLU)
	}
}

func gruBack(hidden int, dg, dh, save, h []float32, n int) {
	row := hidden * Lanes
	for u := 0; u < row; u += Lanes {
		for j := u; j < u+n; j++ {
			r, z, m, a := save[j], save[row+j], save[2*row+j], save[3*row+j]
			d := dh[j]
			dz := float32(d*(h[j]-m)) * float32(z*(1-z))
			dm := float32(d*(1-z)) * (1 - float32(m*m))
			dg[j] = float32(dm*a) * float32(r*(1-r))
			dg[row+j] = dz
			dg[2*row+j] = dm
			dg[3*row+j] = dm * r
			dh[j] = d * z
		}
	}
}

func lstmBack(hidden int, dg, dh, dc, save, c []float32, n int) {
	row := hidden * Lanes
	for u := 0; u < row; u += Lanes {
		for j := u; j < u+n; j++ {
			i, f, g, o, tc := save[j], save[row+j], save[2*row+j], save[3*row+j], save[4*row+j]
			d := dh[j]
			e := dc[j] + float32(float32(d*o)*(1-float32(tc*tc)))
			dg[j] = float32(e*g) * float32(i*(1-i))
			dg[row+j] = float32(e*c[j]) * float32(f*(1-f))
			dg[2*row+j] = float32(e*i) * (1 - float32(g*g))
			dg[3*row+j] = float32(d*tc) * float32(o*(1-o))
			dc[j] = e * f
			dh[j] = 0
		}
	}
}

func elmanBack(hidden int, dg, dh, save []float32, n int, relu bool) {
	for u := 0; u < hidden*Lanes; u += Lanes {
		for j := u; j < u+n; j++ {
			y := save[j]
			switch {
			case !relu:
				dg[j] = dh[j] * (1 - float32(y*y))
			case y > 0:
				dg[j] = dh[j]
			default:
				dg[j] = 0
			}
			dh[j] = 0
		}
	}
}

// Matrix is a matrix packed for products with tiles. It is immutable but for Set.
type Matrix struct {
	Rows, Cols int
	w          []float32 // [Rows][Cols]
}

// NewMatrix makes a matrix of zeros.
func NewMatrix(rows, cols int) *Matrix {
	return &Matrix{Rows: rows, Cols: cols, w: make([]float32, rows*cols)}
}

// Set makes rows at to at+len(w)/Cols those of w [...][Cols].
func (m *Matrix) Set(at int, w []float32) { copy(m.w[at*m.Cols:], w) }

// AddTranspose adds Wᵀ src to dst for the first n channels: dst [Cols][Lanes], src [Rows][Lanes], rows ascending.
func (m *Matrix) AddTranspose(dst, src []float32, n int) {
	dst, src = dst[:m.Cols*Lanes], src[:m.Rows*Lanes]
	for r := range m.Rows {
		s := (*[Lanes]float32)(src[r*Lanes:])
		for k, w := range m.w[r*m.Cols : (r+1)*m.Cols] {
			d := (*[Lanes]float32)(dst[k*Lanes:])
			for j := range n {
				d[j] += float32(w * s[j])
			}
		}
	}
}

// AddOuter adds to dw [rows][cols] the sum over steps and the first n channels of a[row]*b[col]. Step t of a begins at a[t*aStride] and is
// [rows][Lanes]; of b at b[t*bStride], [cols][Lanes].
func AddOuter(dw []float32, rows, cols int, a []float32, aStride int, b []float32, bStride, steps, n int) {
	dw = dw[:rows*cols]
	for t := range steps {
		at, bt := a[t*aStride:], b[t*bStride:]
		for r := range rows {
			x := (*[Lanes]float32)(at[r*Lanes:])
			row := dw[r*cols : (r+1)*cols]
			for k := range row {
				y := (*[Lanes]float32)(bt[k*Lanes:])
				var s0, s1 float32
				for j := 0; j+1 < n; j += 2 {
					s0 += float32(x[j] * y[j])
					s1 += float32(x[j+1] * y[j+1])
				}
				if n&1 == 1 {
					s0 += float32(x[n-1] * y[n-1])
				}
				row[k] += s0 + s1
			}
		}
	}
}

// AddRows adds to db [rows] the sum over steps and the first n channels of a, laid out as in AddOuter.
func AddRows(db []float32, rows int, a []float32, aStride, steps, n int) {
	for t := range steps {
		at := a[t*aStride:]
		for r := range rows {
			var s float32
			for _, v := range at[r*Lanes : r*Lanes+n] {
				s += v
			}
			db[r] += s
		}
	}
}
