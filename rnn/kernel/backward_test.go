package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBackwardKernelsAgree holds the training kernels to plain sums in float64 at many shapes, and to their buffers.
func TestBackwardKernelsAgree(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		for _, s := range []struct{ rows, cols, steps int }{{1, 1, 1}, {3, 5, 2}, {4, 4, 3}, {12, 9, 4}, {17, 8, 2}, {24, 33, 3}, {9, 16, 1}} {
			checkTranspose(t, r, s.rows, s.cols)
			checkOuter(t, r, s.rows, s.cols, s.steps)
		}
	})
}

func near(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 1e-4 {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func checkTranspose(t *testing.T, r *rand.Rand, rows, cols int) {
	m := NewMatrix(rows, cols)
	w := random(r, rows*cols, 1)
	m.Set(w)
	src, start := random(r, rows*Lanes, 1), random(r, cols*Lanes, 1)
	dst, ok := fenced(cols*Lanes, start)
	m.AddTranspose(dst, src, 0, rows, Lanes)
	for k := range cols {
		for j := range Lanes {
			want := float64(start[k*Lanes+j])
			for i := range rows {
				want += float64(w[i*cols+k]) * float64(src[i*Lanes+j])
			}
			near(t, "AddTranspose", dst[k*Lanes+j], want)
		}
	}
	ok(t, "AddTranspose")
}

func checkOuter(t *testing.T, r *rand.Rand, rows, cols, steps int) {
	as, bs := (rows+1)*Lanes, (cols+2)*Lanes
	a, b := random(r, steps*as, 1), random(r, steps*bs, 1)
	dw, ok := fenced(rows*cols, make([]float32, rows*cols))
	db, okRows := fenced(rows, make([]float32, rows))
	AddOuter(dw, rows, cols, a, as, b, bs, steps, Lanes)
	AddRows(db, rows, a, as, steps, Lanes)
	for i := range rows {
		var sum float64
		for t := range steps {
			for j := range Lanes {
				sum += float64(a[t*as+i*Lanes+j])
			}
		}
		near(t, "AddRows", db[i], sum)
		for k := range cols {
			var want float64
			for t := range steps {
				for j := range Lanes {
					want += float64(a[t*as+i*Lanes+j]) * float64(b[t*bs+k*Lanes+j])
				}
			}
			near(t, "AddOuter", dw[i*cols+k], want)
		}
	}
	ok(t, "AddOuter")
	okRows(t, "AddRows")
}
