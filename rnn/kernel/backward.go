package kernel

// Saved is the number of rows per hidden unit that StepTile keeps for the backward pass: GRU r, z, n and the hidden part of the
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

// GateRows is the number of rows per hidden unit that GatesBack writes: the gradients before the activations, for a GRU r, z, the hidden
// part of the candidate, and its input part; for others as Gates.
func (c Cell) GateRows() int {
	if c == GRU {
		return 4
	}
	return c.Gates()
}

// GatesBack goes back through the activations of one step for the first n channels. The gradient of the loss with respect to the new state
// is dh + dout, each [Hidden][Lanes]; dh is replaced by the part that reaches the previous state past the gates, and for the LSTM so is dc.
// save is StepTile's, h and c are the state before the step. dg [GateRows][Hidden][Lanes] receives the gradients before the activations.
// Vector kernels compute all lanes: lanes beyond n must hold finite numbers, and zeros in dh, dc and dout.
func (l *Layer) GatesBack(dg, dh, dc, dout, save, h, c []float32, n int) {
	row := l.Hidden * Lanes
	dg, dh, dout, save, h = dg[:l.Cell.GateRows()*row], dh[:row], dout[:row], save[:l.Cell.Saved()*row], h[:row]
	if l.HasCell() {
		dc, c = dc[:row], c[:row]
	}
	if hasVectors && l.gatesBackVector(dg, dh, dc, dout, save, h, c) {
		return
	}
	switch l.Cell {
	case GRU:
		gruBack(row, dg, dh, dout, save, h, n)
	case LSTM:
		lstmBack(row, dg, dh, dc, dout, save, c, n)
	default:
		elmanBack(row, dg, dh, dout, save, n, l.Cell == ElmanReLU)
	}
}

func gruBack(row int, dg, dh, dout, save, h []float32, n int) {
	for u := 0; u < row; u += Lanes {
		for j := u; j < u+n; j++ {
			r, z, m, a := save[j], save[row+j], save[2*row+j], save[3*row+j]
			d := dh[j] + dout[j]
			dz := float32(d*(h[j]-m)) * float32(z*(1-z))
			dm := float32(d*(1-z)) * (1 - float32(m*m))
			dg[j] = float32(dm*a) * float32(r*(1-r))
			dg[row+j] = dz
			dg[2*row+j] = dm * r
			dg[3*row+j] = dm
			dh[j] = d * z
		}
	}
}

func lstmBack(row int, dg, dh, dc, dout, save, c []float32, n int) {
	for u := 0; u < row; u += Lanes {
		for j := u; j < u+n; j++ {
			i, f, g, o, tc := save[j], save[row+j], save[2*row+j], save[3*row+j], save[4*row+j]
			d := dh[j] + dout[j]
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

func elmanBack(row int, dg, dh, dout, save []float32, n int, relu bool) {
	for u := 0; u < row; u += Lanes {
		for j := u; j < u+n; j++ {
			y, d := save[j], dh[j]+dout[j]
			switch {
			case !relu:
				dg[j] = d * (1 - float32(y*y))
			case y > 0:
				dg[j] = d
			default:
				dg[j] = 0
			}
			dh[j] = 0
		}
	}
}

// Matrix is a matrix packed for products with tiles. Nothing but Set changes it.
type Matrix struct {
	Rows, Cols int
	w          []float32 // [Rows][Cols]
}

// NewMatrix makes a matrix of zeros.
func NewMatrix(rows, cols int) *Matrix {
	return &Matrix{Rows: rows, Cols: cols, w: aligned(rows * cols)}
}

// Set copies w [Rows][Cols].
func (m *Matrix) Set(w []float32) { copy(m.w, w) }

// AddTranspose adds Wᵀ src to dst for the first n channels, using rows from..to of W: dst [Cols][Lanes], src [to-from][Lanes], rows
// ascending. Vector kernels compute all lanes.
func (m *Matrix) AddTranspose(dst, src []float32, from, to, n int) {
	dst, src = dst[:m.Cols*Lanes], src[:(to-from)*Lanes]
	w := m.w[from*m.Cols : to*m.Cols]
	if hasVectors && addTransposeVector(dst, src, w, to-from, m.Cols, m.Cols) {
		return
	}
	for r := range to - from {
		s := (*[Lanes]float32)(src[r*Lanes:])
		for k, v := range w[r*m.Cols : (r+1)*m.Cols] {
			d := (*[Lanes]float32)(dst[k*Lanes:])
			for j := range n {
				d[j] += float32(v * s[j])
			}
		}
	}
}

// AddOuter adds to dw [rows][cols] the sum over steps and the first n channels of a[row]*b[col]. Step t of a begins at a[t*aStride] and is
// [rows][Lanes]; of b at b[t*bStride], [cols][Lanes]. Vector kernels add all lanes: lanes beyond n must be zero in one and finite in the other.
func AddOuter(dw []float32, rows, cols int, a []float32, aStride int, b []float32, bStride, steps, n int) {
	if steps == 0 || rows == 0 {
		return
	}
	dw = dw[:rows*cols]
	a, b = a[:(steps-1)*aStride+rows*Lanes], b[:(steps-1)*bStride+cols*Lanes]
	if hasVectors && inRuns(steps, cols, func(from, count int) bool {
		return addOuterVector(dw, rows, cols, a[from*aStride:], aStride, b[from*bStride:], bStride, count)
	}) {
		return
	}
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

// inRuns calls do for runs of steps whose b, read again for every few rows of a, stays in the second-level cache; false when do declines.
func inRuns(steps, cols int, do func(from, count int) bool) bool {
	const cache = 384 << 10
	run := max(8, cache/(cols*Lanes*4))
	for from := 0; from < steps; from += run {
		if !do(from, min(run, steps-from)) {
			return false
		}
	}
	return true
}

// AddRows adds to db [rows] the sum over steps and the first n channels of a, laid out as in AddOuter. Vector kernels add all lanes: those
// beyond n must be zero.
func AddRows(db []float32, rows int, a []float32, aStride, steps, n int) {
	if steps == 0 || rows == 0 {
		return
	}
	db, a = db[:rows], a[:(steps-1)*aStride+rows*Lanes]
	if hasVectors && addRowsVector(db, rows, a, aStride, steps) {
		return
	}
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
