package kernel

import (
	"math"
	"testing"
)

// sweep visits float32 values of every size and both signs, about n of them.
func sweep(n int, do func(x float32)) {
	step := uint64(math.MaxUint32)/uint64(n) | 1
	for b := uint64(0); b <= math.MaxUint32; b += step {
		do(math.Float32frombits(uint32(b)))
	}
}

// ulp is the distance of got from want in units in the last place of want, for normal float32 results.
func ulp(got float32, want float64) float64 {
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, e-24)
}

func TestExpWithinTwoUlp(t *testing.T) {
	worst, at := 0.0, float32(0)
	sweep(3_000_000, func(x float32) {
		want := math.Exp(float64(x))
		if x != x {
			if e := Exp(x); e == e {
				t.Fatalf("Exp(NaN) is %v", e)
			}
			return
		}
		if want < 0x1p-126 || want > math.MaxFloat32 {
			return
		}
		if u := ulp(Exp(x), want); !(u <= worst) {
			worst, at = u, x
		}
	})
	t.Logf("largest error %.2f ulp at %v", worst, at)
	if !(worst <= 2) {
		t.Errorf("Exp(%v) is off by %.2f ulp, allowed 2", at, worst)
	}
	inf := float32(math.Inf(1))
	if Exp(inf) != inf || Exp(-inf) != 0 || Exp(100) != inf || Exp(-200) != 0 {
		t.Errorf("limits: Exp(+Inf) %v, Exp(-Inf) %v, Exp(100) %v, Exp(-200) %v", Exp(inf), Exp(-inf), Exp(100), Exp(-200))
	}
}

// activate runs x through an activation of the kernel in use: an Elman layer without weights but its bias is tanh; the i gate of such an LSTM
// with forget gate 0 and open candidate shows the sigmoid by way of c.
func activate(t *testing.T, cell Cell, x float32) float32 {
	zeros := make([]float32, 4)
	switch cell {
	case ElmanTanh:
		l, err := NewLayer(ElmanTanh, 1, 1, zeros[:1], zeros[:1], []float32{x}, zeros[:1])
		if err != nil {
			t.Fatal(err)
		}
		return l.NewChannel([]float32{0}, nil).Step(zeros[:1])[0]
	}
	l, err := NewLayer(LSTM, 1, 1, zeros, zeros, []float32{x, -200, 200, 0}, zeros) // c = sigmoid(x)*tanh(200) = sigmoid(x)
	if err != nil {
		t.Fatal(err)
	}
	c := []float32{0}
	l.NewChannel([]float32{0}, c).Step(zeros[:1])
	return c[0]
}

func TestActivations(t *testing.T) {
	forEach(t, func(t *testing.T) {
		var sig, tan, near float64
		sweep(200_000, func(x float32) {
			s, h := activate(t, LSTM, x), activate(t, ElmanTanh, x)
			if x != x {
				if s == s || h == h {
					t.Fatalf("sigmoid(NaN) is %v, tanh(NaN) is %v", s, h)
				}
				return
			}
			sig = max(sig, math.Abs(float64(s)-1/(1+math.Exp(-float64(x)))))
			want := math.Tanh(float64(x))
			tan = max(tan, math.Abs(float64(h)-want))
			if a := math.Abs(float64(x)); a < 1 && a > 0x1p-120 {
				near = max(near, math.Abs(float64(h)-want)/math.Abs(want))
			}
		})
		t.Logf("sigmoid %.2e absolute, tanh %.2e absolute and %.2e relative below 1", sig, tan, near)
		if !(sig <= 3e-7) || !(tan <= 3e-7) || !(near <= 1e-6) {
			t.Errorf("sigmoid off by %.2e, tanh by %.2e (allowed 3e-7) and %.2e relative (allowed 1e-6)", sig, tan, near)
		}
		inf := float32(math.Inf(1))
		for _, c := range []struct {
			cell Cell
			x    float32
			want float32
		}{{LSTM, inf, 1}, {LSTM, -inf, 0}, {ElmanTanh, inf, 1}, {ElmanTanh, -inf, -1}, {ElmanTanh, 0, 0}, {LSTM, 0, 0.5}} {
			if got := activate(t, c.cell, c.x); got != c.want {
				t.Errorf("activation of cell %d at %v is %v, want %v", c.cell, c.x, got, c.want)
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	row := []float32{1000, 1001, 999}
	Softmax(row)
	if s := row[0] + row[1] + row[2]; math.Abs(float64(s)-1) > 1e-6 || row[1] < row[0] || row[0] < row[2] {
		t.Errorf("softmax of large values is %v", row)
	}
	row = []float32{1, float32(math.NaN()), 2}
	Softmax(row)
	for _, v := range row {
		if v == v {
			t.Errorf("softmax hid a NaN: %v", row)
		}
	}
}
