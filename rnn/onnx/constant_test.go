package onnx

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// plain is an array written out, to hold the strided form against.
type plain struct {
	dims []int
	data []float32
}

func (p plain) at(index []int) float32 {
	k := 0
	for i, n := range p.dims {
		k = k*n + index[i]
	}
	return p.data[k]
}

// build makes an array of a shape from a function of the index.
func build(dims []int, value func(index []int) float32) plain {
	p := plain{dims: slices.Clone(dims)}
	n := 1
	for _, d := range dims {
		n *= d
	}
	index := make([]int, len(dims))
	for range n {
		p.data = append(p.data, value(index))
		for i := len(dims) - 1; i >= 0; i-- {
			if index[i]++; index[i] < dims[i] {
				break
			}
			index[i] = 0
		}
	}
	return p
}

func ints64(dims []int) (out []int64) {
	for _, d := range dims {
		out = append(out, int64(d))
	}
	return out
}

// change applies one operation to both forms.
func change(t *rapid.T, c constant, p plain, b *budget) (constant, plain) {
	rank := len(p.dims)
	axis := rapid.IntRange(0, rank-1).Draw(t, "axis")
	switch rapid.SampledFrom([]string{"transpose", "cut", "insert", "expand", "reshape", "join", "repeat"}).Draw(t, "operation") {
	case "transpose":
		perm := rapid.Permutation(indicesOf(rank)).Draw(t, "perm")
		dims := make([]int, rank)
		for i, q := range perm {
			dims[i] = p.dims[q]
		}
		return c.transpose(perm), build(dims, func(index []int) float32 {
			from := make([]int, rank)
			for i, q := range perm {
				from[q] = index[i]
			}
			return p.at(from)
		})
	case "cut":
		s, err := stretchOf(axis, int64(p.dims[axis]), rapid.Int64Range(-4, 4).Draw(t, "from"), rapid.Int64Range(-4, 9).Draw(t, "to"), rapid.Int64Range(1, 3).Draw(t, "step"))
		if err != nil {
			t.Fatal(err)
		}
		dims := slices.Clone(p.dims)
		dims[axis] = (s.to - s.from + s.step - 1) / s.step
		if dims[axis] == 0 {
			return c, p
		}
		return c.cut(s), build(dims, func(index []int) float32 {
			from := slices.Clone(index)
			from[axis] = s.from + s.step*index[axis]
			return p.at(from)
		})
	case "insert":
		if rank < maxRank-1 {
			return c.insert(axis), plain{slices.Insert(slices.Clone(p.dims), axis, 1), p.data}
		}
	case "expand", "repeat":
		if p.dims[axis] != 1 {
			break
		}
		dims, times := slices.Clone(p.dims), make([]size, rank)
		dims[axis] = rapid.IntRange(1, 3).Draw(t, "times")
		for i := range times {
			times[i] = size{n: int64(dims[i] / p.dims[i])}
		}
		d, err := c.expand(sizes(ints64(dims)))
		e, err2 := c.repeat(times)
		if err != nil || err2 != nil || !slices.Equal(d.dims, e.dims) || !slices.Equal(d.strides, e.strides) {
			t.Fatalf("expand %v (%v), repeat %v (%v)", d, err, e, err2)
		}
		return d, build(dims, func(index []int) float32 {
			from := slices.Clone(index)
			from[axis] = 0
			return p.at(from)
		})
	case "reshape":
		dims := []int{p.dims[axis], len(p.data) / p.dims[axis]}
		target, err := reshaped(c.dims, []size{{n: int64(dims[0])}, {n: -1}}, false)
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.reshape(target, b)
		if err != nil {
			t.Fatal(err)
		}
		return d, plain{dims, p.data}
	case "join":
		d, err := join([]constant{c, c}, axis, b)
		if err != nil {
			t.Fatal(err)
		}
		dims := slices.Clone(p.dims)
		dims[axis] *= 2
		if len(p.data) > 1000 {
			break
		}
		return d, build(dims, func(index []int) float32 {
			from := slices.Clone(index)
			from[axis] %= p.dims[axis]
			return p.at(from)
		})
	}
	return c, p
}

func indicesOf(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestConstant holds chains of moves, cuts, repeats and joins to the same done plainly.
func TestConstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 4).Draw(t, "dims")
		n := float32(0)
		p := build(dims, func([]int) float32 { n++; return n })
		c := dense(p.data, ints64(dims))
		b := &budget{left: 1 << 30, whole: 1 << 30}
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			c, p = change(t, c, p, b)
			got, err := c.values(b)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(c.dims, sizes(ints64(p.dims))) || !slices.Equal(got, p.data) {
				t.Fatalf("shape %v, values %v; want %v, %v", c.dims, got, p.dims, p.data)
			}
		}
	})
}

// TestUnknownLength keeps a batch of unknown length through what an exporter does to an initial state.
func TestUnknownLength(t *testing.T) {
	batch := size{1, 1}
	b := &budget{left: 100, whole: 100}
	c, err := dense([]float32{1, 2, 3, 4}, []int64{2, 1, 2}).expand([]size{{n: 2}, batch, {n: 2}})
	if err != nil {
		t.Fatal(err)
	}
	c, err = join([]constant{c, c}, 0, b)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.dims, []size{{n: 4}, batch, {n: 2}}) || b.left < 60 {
		t.Fatalf("shape %v, %d of the budget left", c.dims, b.left)
	}
	if _, err := c.values(b); err == nil {
		t.Error("values of a tensor whose length is unknown")
	}
	got, err := c.cut(stretch{0, 2, 3, 1}).remove(1).values(b)
	if err != nil || !slices.Equal(got, []float32{1, 2}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := join([]constant{c, c}, 1, b); err == nil {
		t.Error("joined along an unknown length")
	}
}

// TestHalf converts every binary16 by the definition.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		sign, exp, frac := 1.0, h>>10&31, float64(h&1023)
		if h>>15 == 1 {
			sign = -1
		}
		want := sign * math.Ldexp(1+frac/1024, exp-15)
		switch {
		case exp == 0:
			want = math.Copysign(math.Ldexp(frac, -24), sign)
		case exp == 31 && frac == 0:
			want = math.Inf(int(sign))
		case exp == 31:
			want = math.NaN()
		}
		got := float64(half(uint16(h)))
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("half %#04x is %v, want %v", h, got, want)
		}
	}
}

// TestRegroup holds the reshapes of rows.
func TestRegroup(t *testing.T) {
	batch, time := atom{0, size{1, 1}}, atom{1, size{1, 2}}
	direction, unit, one := atom{atomDirection, size{n: 2}}, atom{atomUnit, size{n: 5}}, atom{atomUnit, size{n: 1}}
	both, _ := batch.n.times(time.n)
	for _, c := range []struct {
		axes   []axis
		target []size
		want   []axis // nil: refused
	}{
		{[]axis{{time}, {batch}, {direction}, {unit}}, []size{time.n, batch.n, {n: 10}}, []axis{{time}, {batch}, {direction, unit}}},
		{[]axis{{batch}, {time}, {unit}}, []size{both, {n: 5}}, []axis{{batch, time}, {unit}}},
		{[]axis{{batch, time}, {unit}}, []size{batch.n, time.n, {n: 5}}, []axis{{batch}, {time}, {unit}}},
		{[]axis{{batch, time}, {unit}}, []size{time.n, batch.n, {n: 5}}, nil},
		{[]axis{{batch}, nil, {unit}}, []size{batch.n, {n: 5}, {n: 1}}, []axis{{batch}, {unit}, nil}},
		{[]axis{{batch}, {direction}, {one}}, []size{batch.n, {n: 2}, {n: 1}}, []axis{{batch}, {direction}, {one}}},
		{[]axis{{batch}, {direction}, {one}}, []size{batch.n, {n: 2}}, []axis{{batch}, {direction, one}}},
		{[]axis{{batch}, {direction}, {unit}}, []size{batch.n, {n: 5}, {n: 2}}, nil},
		{[]axis{{unit}}, []size{{}}, nil},
	} {
		got, err := regroup(c.axes, c.target)
		if (err != nil) != (c.want == nil) || err == nil && !slices.EqualFunc(got, c.want, func(a, b axis) bool { return slices.Equal(a, b) }) {
			t.Errorf("%v as %v: %v, %v; want %v", lengths(c.axes), c.target, got, err, c.want)
		}
	}
}
