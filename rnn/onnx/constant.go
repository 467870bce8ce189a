package onnx

import (
	"fmt"
	"slices"
)

// constant is an array of numbers seen through strides, so that moving axes, cutting and repeating copy nothing. An axis of stride 0 repeats;
// only such an axis may have a length that is not known.
type constant struct {
	data    []float32
	at      int // of the first value
	dims    []size
	strides []int
}

// dense is a constant over data in row-major order.
func dense(data []float32, dims []int64) constant {
	return constant{data: data, dims: sizes(dims), strides: rowMajor(sizes(dims))}
}

func rowMajor(dims []size) []int {
	strides, n := make([]int, len(dims)), 1
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = n
		n *= int(dims[i].n)
	}
	return strides
}

func (c constant) transpose(perm []int) constant {
	d := constant{data: c.data, at: c.at}
	for _, p := range perm {
		d.dims, d.strides = append(d.dims, c.dims[p]), append(d.strides, c.strides[p])
	}
	return d
}

func (c constant) insert(axis int) constant {
	c.dims = slices.Insert(slices.Clone(c.dims), axis, size{n: 1})
	c.strides = slices.Insert(slices.Clone(c.strides), axis, 0)
	return c
}

func (c constant) remove(axis int) constant {
	c.dims = slices.Delete(slices.Clone(c.dims), axis, axis+1)
	c.strides = slices.Delete(slices.Clone(c.strides), axis, axis+1)
	return c
}

// cut takes a stretch of an axis of known length.
func (c constant) cut(s stretch) constant {
	c.dims, c.strides = slices.Clone(c.dims), slices.Clone(c.strides)
	c.at += s.from * c.strides[s.axis]
	c.dims[s.axis] = size{n: int64((s.to - s.from + s.step - 1) / s.step)}
	c.strides[s.axis] *= s.step
	return c
}

// expand broadcasts to the shape, counted from the last axis.
func (c constant) expand(shape []size) (constant, error) {
	for len(c.dims) < len(shape) {
		c = c.insert(0)
	}
	c.dims, c.strides = slices.Clone(c.dims), slices.Clone(c.strides)
	for i, s := range shape {
		at := len(c.dims) - len(shape) + i
		switch {
		case s == c.dims[at] || s == size{n: 1}:
		case c.dims[at] == size{n: 1}:
			c.dims[at], c.strides[at] = s, 0
		default:
			return c, fmt.Errorf("a tensor of shape %v does not expand to %v", c.dims, shape)
		}
	}
	return c, nil
}

// repeat is Tile where it needs no copy: along axes of length 1 or that repeat already.
func (c constant) repeat(times []size) (constant, error) {
	if len(times) != len(c.dims) {
		return c, fmt.Errorf("%d repeats for %d axes", len(times), len(c.dims))
	}
	c.dims, c.strides = slices.Clone(c.dims), slices.Clone(c.strides)
	for i, t := range times {
		if t == (size{n: 1}) {
			continue
		}
		n, ok := c.dims[i].times(t)
		if !ok || c.strides[i] != 0 && c.dims[i] != (size{n: 1}) {
			return c, fmt.Errorf("repeats %v along axis %d of shape %v: only an axis of length 1 can be repeated", t, i, c.dims)
		}
		c.dims[i], c.strides[i] = n, 0
	}
	return c, nil
}

// uniform reports whether all values are one and the same by construction.
func (c constant) uniform() bool {
	for i, s := range c.strides {
		if s != 0 && c.dims[i] != (size{n: 1}) {
			return false
		}
	}
	return true
}

// values copies the array in row-major order, at the cost of its size from the budget.
func (c constant) values(b *budget) ([]float32, error) {
	n, ok := product(c.dims)
	if !ok || !n.known() {
		return nil, fmt.Errorf("a tensor of shape %v depends on the length of the input", c.dims)
	}
	if err := b.take(n.n); err != nil {
		return nil, err
	}
	out := make([]float32, 0, n.n)
	if n.n == 0 {
		return out, nil
	}
	index := make([]int64, len(c.dims))
	for at := c.at; ; {
		out = append(out, c.data[at])
		i := len(index) - 1
		for ; i >= 0; i-- {
			index[i]++
			at += c.strides[i]
			if index[i] < c.dims[i].n {
				break
			}
			at -= int(index[i]) * c.strides[i]
			index[i] = 0
		}
		if i < 0 {
			return out, nil
		}
	}
}

func (c constant) reshape(target []size, b *budget) (constant, error) {
	if c.uniform() && len(c.data) > c.at {
		return constant{data: c.data, at: c.at, dims: target, strides: make([]int, len(target))}, nil
	}
	data, err := c.values(b)
	if err != nil {
		return c, err
	}
	return constant{data: data, dims: target, strides: rowMajor(target)}, nil
}

// join is Concat.
func join(cs []constant, axis int, b *budget) (constant, error) {
	whole, thin, err := joinedShape(cs, axis)
	if err != nil {
		return whole, err
	}
	outer, ok1 := product(thin[:axis])
	inner, ok2 := product(thin[axis+1:])
	total := whole.dims[axis]
	all, ok3 := product([]size{outer, total, inner})
	if !ok1 || !ok2 || !ok3 || !all.known() {
		return whole, fmt.Errorf("tensors of shape %v are too large to be joined, or depend on the length of the input", cs[0].dims)
	}
	if err := b.take(all.n); err != nil {
		return whole, err
	}
	whole.data = make([]float32, all.n)
	at := 0
	for _, c := range cs {
		length := c.dims[axis]
		c.dims = slices.Clone(thin)
		c.dims[axis] = length
		part, err := c.values(b)
		if err != nil {
			return whole, err
		}
		row := int(length.n * inner.n)
		for o := range int(outer.n) {
			copy(whole.data[o*int(total.n*inner.n)+at:], part[o*row:(o+1)*row])
		}
		at += row
	}
	whole.strides = rowMajor(thin)
	for i := range thin {
		if thin[i] != whole.dims[i] {
			whole.strides[i] = 0
		}
	}
	return whole, nil
}

// joinedShape gives the shape of the whole, and that of what has to be copied: an axis that every part repeats stays so, one value for all.
func joinedShape(cs []constant, axis int) (whole constant, thin []size, err error) {
	first := cs[0]
	total := int64(0)
	for _, c := range cs {
		same := len(c.dims) == len(first.dims) && c.dims[axis].known()
		for i := 0; same && i < len(c.dims); i++ {
			same = i == axis || c.dims[i] == first.dims[i]
		}
		if !same {
			return first, nil, fmt.Errorf("tensors of shapes %v and %v cannot be joined along axis %d", first.dims, c.dims, axis)
		}
		total += c.dims[axis].n
	}
	whole.dims = slices.Clone(first.dims)
	whole.dims[axis] = size{n: total}
	thin = slices.Clone(whole.dims)
	for i := range thin {
		if i != axis && !slices.ContainsFunc(cs, func(c constant) bool { return c.strides[i] != 0 }) {
			thin[i] = size{n: 1}
		}
	}
	return whole, thin, nil
}

// budget is how many values may still be copied while a graph is worked out, so that a small file cannot grow without end.
type budget struct{ left, whole int64 }

func (b *budget) take(n int64) error {
	if n > b.left {
		return fmt.Errorf("the graph's constants unfold to more than %d values, many times what the file holds", b.whole)
	}
	b.left -= n
	return nil
}
