package rnn

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Describe lists a file's metadata and tensors, a line each, with the range and size of every tensor's values.
func Describe(f *File) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(f.Metadata)) {
		fmt.Fprintf(&b, "%s: %s\n", k, f.Metadata[k])
	}
	total := 0
	for _, t := range f.Tensors {
		low, high, square := math.Inf(1), math.Inf(-1), 0.0
		for _, v := range t.Data {
			x := float64(v)
			low, high, square = min(low, x), max(high, x), square+x*x
		}
		if len(t.Data) == 0 {
			low, high = 0, 0
		}
		fmt.Fprintf(&b, "%-32s %-5s %-14s min %11.4g  max %11.4g  rms %11.4g\n", t.Name, t.DType, fmt.Sprint(t.Shape), low, high, math.Sqrt(square/float64(max(1, len(t.Data)))))
		total += len(t.Data)
	}
	fmt.Fprintf(&b, "%d tensors, %d values\n", len(f.Tensors), total)
	return b.String()
}

// Diff lists what differs between two files, a line each: metadata, tensors on one side only, shapes, and values with the largest
// difference and where it is. It is empty when they hold the same.
func Diff(a, b *File) string {
	var out strings.Builder
	keys := maps.Clone(a.Metadata)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, b.Metadata)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		x, inA := a.Metadata[k]
		y, inB := b.Metadata[k]
		switch {
		case !inA:
			fmt.Fprintf(&out, "+ %s: %s\n", k, y)
		case !inB:
			fmt.Fprintf(&out, "- %s: %s\n", k, x)
		case x != y:
			fmt.Fprintf(&out, "- %s: %s\n+ %s: %s\n", k, x, k, y)
		}
	}
	for _, t := range a.Tensors {
		u, ok := b.Tensor(t.Name)
		switch {
		case !ok:
			fmt.Fprintf(&out, "- %s %v\n", t.Name, t.Shape)
		case !slices.Equal(t.Shape, u.Shape):
			fmt.Fprintf(&out, "~ %s: shape %v became %v\n", t.Name, t.Shape, u.Shape)
		default:
			diffValues(&out, t, u)
		}
	}
	for _, t := range b.Tensors {
		if _, ok := a.Tensor(t.Name); !ok {
			fmt.Fprintf(&out, "+ %s %v\n", t.Name, t.Shape)
		}
	}
	return out.String()
}

func diffValues(out *strings.Builder, t, u Tensor) {
	count, at, worst := 0, 0, -1.0
	for i, v := range t.Data {
		if math.Float32bits(v) == math.Float32bits(u.Data[i]) {
			continue
		}
		count++
		if d := math.Abs(float64(v) - float64(u.Data[i])); d > worst {
			at, worst = i, d
		}
	}
	if count > 0 {
		fmt.Fprintf(out, "~ %s: %d of %d values differ, most at %d: %v became %v\n", t.Name, count, len(t.Data), at, t.Data[at], u.Data[at])
	}
}
