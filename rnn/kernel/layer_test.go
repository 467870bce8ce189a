package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// forEach runs do once with every kernel of this machine.
func forEach(t *testing.T, do func(t *testing.T)) {
	old := Name()
	defer Select(old)
	for _, name := range Available() {
		if err := Select(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, do)
	}
}

var allCells = []Cell{GRU, LSTM, ElmanTanh, ElmanReLU}

func random(r *rand.Rand, n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((2*r.Float64() - 1) * scale)
	}
	return v
}

// randomLayer has PyTorch's initial scale.
func randomLayer(r *rand.Rand, cell Cell, in, hidden int) *Layer {
	g, s := cell.Gates()*hidden, 1/math.Sqrt(float64(hidden))
	l, err := NewLayer(cell, in, hidden, random(r, g*in, s), random(r, g*hidden, s), random(r, g, s), random(r, g, s))
	if err != nil {
		panic(err)
	}
	return l
}

const guard = 0x7fc0dead // a NaN that no arithmetic makes

// fenced gives n floats between guard words; check reports a guard that was written.
func fenced(n int, fill []float32) (v []float32, check func(t interface{ Errorf(string, ...any) }, what string)) {
	const pad = 64
	b := make([]float32, n+2*pad)
	for i := range b {
		b[i] = math.Float32frombits(guard)
	}
	v = b[pad : pad+n : pad+n]
	copy(v, fill)
	return v, func(t interface{ Errorf(string, ...any) }, what string) {
		for i := range b {
			if (i < pad || i >= pad+n) && math.Float32bits(b[i]) != guard {
				t.Errorf("%s: float %d of %d was written", what, i-pad, n)
			}
		}
	}
}

// TestStepStaysInside holds Step and StepTile to their buffers at every tail length, and to the same bits as each other.
func TestStepStaysInside(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, cell := range allCells {
			for hidden := 1; hidden <= 67; hidden++ {
				in := 1 + hidden%19
				l := randomLayer(r, cell, in, hidden)
				checkStep(t, r, l)
			}
		}
	})
}

func checkStep(t *testing.T, r *rand.Rand, l *Layer) {
	h, okH := fenced(l.Hidden, random(r, l.Hidden, 1))
	c, okC := fenced(l.Hidden, random(r, l.Hidden, 1))
	x, okX := fenced(l.In, random(r, l.In, 2))
	one := l.NewChannel(h, c)
	s, okS := fenced(len(one.scratch), nil)
	one.scratch = s
	one.prepare()
	ht, okHT := fenced(l.Hidden*Lanes, nil)
	ct, okCT := fenced(l.Hidden*Lanes, nil)
	hn, okHN := fenced(l.Hidden*Lanes, nil)
	cn, okCN := fenced(l.Hidden*Lanes, nil)
	xt, okXT := fenced(l.In*Lanes, nil)
	save, okSave := fenced(l.Cell.Saved()*l.Hidden*Lanes, nil)
	lane := r.IntN(Lanes)
	for k := range l.Hidden {
		for j := range Lanes {
			ht[k*Lanes+j], ct[k*Lanes+j] = h[k], c[k]
		}
	}
	for k, v := range x {
		for j := range Lanes {
			xt[k*Lanes+j] = v
		}
	}
	l.StepTile(save, hn, cn, xt, ht, ct, Lanes)
	one.Step(x)
	for k := range l.Hidden {
		for _, got := range []float32{hn[k*Lanes+lane]} {
			if math.Float32bits(got) != math.Float32bits(h[k]) {
				t.Fatalf("cell %d, %d inputs, %d hidden, unit %d: Step gives %v, the tile %v", l.Cell, l.In, l.Hidden, k, h[k], got)
			}
		}
		if l.HasCell() && math.Float32bits(cn[k*Lanes+lane]) != math.Float32bits(c[k]) {
			t.Fatalf("cell %d, unit %d: Step gives c %v, the tile %v", l.Cell, k, c[k], cn[k*Lanes+lane])
		}
	}
	for what, ok := range map[string]func(interface{ Errorf(string, ...any) }, string){
		"h": okH, "c": okC, "x": okX, "scratch": okS, "tile h": okHT, "tile c": okCT, "tile hn": okHN, "tile cn": okCN, "tile x": okXT, "save": okSave,
	} {
		ok(t, what)
	}
}

// run gives the states of a layer over steps rows of seeded noise.
func runLayer(l *Layer, steps int) []float32 {
	r := rand.New(rand.NewPCG(7, 7))
	one := l.NewChannel(make([]float32, l.Hidden), make([]float32, l.Hidden))
	var out []float32
	for range steps {
		out = append(out, one.Step(random(r, l.In, 1))...)
	}
	return out
}

// TestKernelsAgree holds AVX2 and AVX-512 to the same bits and both to 1e-6 of the generic form over 1,000 steps at PyTorch's
// initial scale U(±1/√hidden) with inputs within ±1, where sums stay of order 1 and their rounding near 1e-7.
func TestKernelsAgree(t *testing.T) {
	old := Name()
	defer Select(old)
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom(allCells).Draw(t, "cell")
		in, hidden := rapid.IntRange(1, 32).Draw(t, "in"), rapid.IntRange(8, 70).Draw(t, "hidden")
		steps := 1000
		if cell == ElmanReLU {
			steps = 50 // not contracting: errors grow with the state
		}
		l := randomLayer(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), cell, in, hidden)
		var first, vectors []float32
		for _, name := range Available() {
			if err := Select(name); err != nil {
				t.Fatal(err)
			}
			got := runLayer(l, steps)
			if first == nil {
				first = got
				continue
			}
			for i, v := range got {
				if d := math.Abs(float64(v) - float64(first[i])); !(d <= 1e-6*max(1, math.Abs(float64(first[i])))) {
					t.Fatalf("%s: value %d is %v, generic %v (%.1e apart)", name, i, v, first[i], d)
				}
				if vectors != nil && math.Float32bits(vectors[i]) != math.Float32bits(v) {
					t.Fatalf("%s: value %d is %v, the other vector kernel gives %v", name, i, v, vectors[i])
				}
			}
			vectors = got
		}
	})
}

// TestOneBadChannelStaysAlone puts NaN and Inf into one channel of a tile: it shows there and nowhere else.
func TestOneBadChannelStaysAlone(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, cell := range allCells {
			l := randomLayer(r, cell, 5, 21)
			d, err := NewDense(21, 3, random(r, 63, 1), random(r, 3, 1))
			if err != nil {
				t.Fatal(err)
			}
			run := func(bad float32) (h, y []float32) {
				q := rand.New(rand.NewPCG(5, 6))
				x, zero := random(q, 5*Lanes, 1), make([]float32, 21*Lanes)
				if bad != 0 {
					x[2*Lanes+7] = bad
				}
				h, y = make([]float32, 21*Lanes), make([]float32, 3*Lanes)
				l.StepTile(make([]float32, cell.Saved()*21*Lanes), h, make([]float32, 21*Lanes), x, zero, zero, Lanes)
				d.ApplyTile(y, h, Lanes)
				return h, y
			}
			cleanH, cleanY := run(0)
			nan := float32(math.NaN())
			for _, bad := range []float32{nan, float32(math.Inf(1)), float32(math.Inf(-1))} {
				h, y := run(bad)
				for i := range h {
					if i%Lanes != 7 && h[i] != cleanH[i] {
						t.Fatalf("cell %d: %v in channel 7 changed channel %d", cell, bad, i%Lanes)
					}
				}
				for i := range y {
					if i%Lanes != 7 && y[i] != cleanY[i] {
						t.Fatalf("cell %d: %v in channel 7 changed the output of channel %d", cell, bad, i%Lanes)
					}
				}
				if bad != bad && y[7] == y[7] {
					t.Errorf("cell %d: NaN in the input is not seen in the output %v", cell, y[7])
				}
			}
		}
	})
}

func TestDense(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(8, 9))
		for in := 1; in <= 70; in++ {
			out := 1 + in%5
			w, b := random(r, in*out, 1), random(r, out, 1)
			d, err := NewDense(in, out, w, b)
			if err != nil {
				t.Fatal(err)
			}
			x, okX := fenced(in, random(r, in, 1))
			y, okY := fenced(out, nil)
			xt, okXT := fenced(in*Lanes, nil)
			yt, okYT := fenced(out*Lanes, nil)
			for i := range xt {
				xt[i] = x[i/Lanes]
			}
			d.Apply(y, x)
			d.ApplyTile(yt, xt, Lanes)
			for o := range out {
				want := float64(b[o])
				for k := range in {
					want += float64(w[o*in+k]) * float64(x[k])
				}
				if math.Abs(float64(y[o])-want) > 1e-5 || math.Float32bits(y[o]) != math.Float32bits(yt[o*Lanes+in%Lanes]) {
					t.Fatalf("%d inputs, output %d: %v, tile %v, want about %v", in, o, y[o], yt[o*Lanes+in%Lanes], want)
				}
			}
			okX(t, "x")
			okY(t, "dst")
			okXT(t, "tile x")
			okYT(t, "tile dst")
		}
	})
}

func TestWrongShapes(t *testing.T) {
	v := make([]float32, 100)
	if _, err := NewLayer(GRU, 0, 3, nil, v[:27], v[:9], v[:9]); err == nil {
		t.Error("a layer without inputs was made")
	}
	if _, err := NewLayer(GRU, 2, 3, v[:18], v[:26], v[:9], v[:9]); err == nil {
		t.Error("a layer with a short matrix was made")
	}
	if _, err := NewDense(2, 3, v[:5], v[:3]); err == nil {
		t.Error("a dense layer with a short matrix was made")
	}
	if err := Select("sse9"); err == nil {
		t.Error("kernel sse9 was selected")
	}
}
