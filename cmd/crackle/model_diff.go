package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"crackle/rnn"
)

type modelDiffCmd struct {
	A    string `arg:"" help:"Model file."`
	B    string `arg:"" help:"Model file to compare it with."`
	JSON bool   `name:"json" help:"Print one JSON document."`
}

// modelDifference is what diff prints. Config and metadata are compared value by value, tensors by shape and then by number.
type modelDifference struct {
	A        fileName     `json:"a"`
	B        fileName     `json:"b"`
	Same     bool         `json:"same"` // nothing differs but, at most, the order or form in which the files are written
	Metadata []keyDiff    `json:"metadata"`
	Tensors  []tensorDiff `json:"tensors"` // those that differ
	Compared int          `json:"tensors_compared"`
}

type fileName struct {
	File string `json:"file"`
	Hash string `json:"model"`
}

// keyDiff is a value that is on one side only (the other is null), or not the same on both.
type keyDiff struct {
	Key string  `json:"key"`
	A   *string `json:"a"`
	B   *string `json:"b"`
}

type tensorDiff struct {
	Name   string   `json:"name"`
	A      []int    `json:"a"` // shape, null where the tensor is missing
	B      []int    `json:"b"`
	Differ int      `json:"values_differ,omitempty"`
	Of     int      `json:"values,omitempty"`
	Max    *float64 `json:"max_abs_difference,omitempty"`
}

func (c *modelDiffCmd) Run(con console) error {
	a, err := openModel(c.A)
	if err != nil {
		return err
	}
	b, err := openModel(c.B)
	if err != nil {
		return err
	}
	d := compare(a, b)
	if c.JSON {
		err = printJSON(con.out, d)
	} else {
		err = d.print(con.out)
	}
	if err != nil || d.Same {
		return err
	}
	return errors.New("the model files differ: " + d.summary())
}

func compare(a, b *modelFile) *modelDifference {
	d := &modelDifference{A: fileName{a.path, a.hash}, B: fileName{b.path, b.hash}, Metadata: compareMetadata(a.Metadata, b.Metadata), Tensors: []tensorDiff{}}
	for _, t := range a.Tensors {
		u, ok := b.Tensor(t.Name)
		if !ok {
			d.Tensors = append(d.Tensors, tensorDiff{Name: t.Name, A: shapeOf(t)})
			continue
		}
		d.Compared++
		if diff, same := compareTensor(t, u); !same {
			d.Tensors = append(d.Tensors, diff)
		}
	}
	for _, u := range b.Tensors {
		if _, ok := a.Tensor(u.Name); !ok {
			d.Tensors = append(d.Tensors, tensorDiff{Name: u.Name, B: shapeOf(u)})
		}
	}
	slices.SortFunc(d.Tensors, func(x, y tensorDiff) int { return strings.Compare(x.Name, y.Name) })
	d.Same = len(d.Metadata) == 0 && len(d.Tensors) == 0
	return d
}

// shapeOf is never null, a scalar has an empty shape.
func shapeOf(t rnn.Tensor) []int { return append([]int{}, t.Shape...) }

func compareMetadata(a, b map[string]string) []keyDiff {
	side := func(m map[string]string) map[string]string {
		out := map[string]string{}
		for k, text := range m {
			for _, l := range leaves(k, text) {
				out[l.path] = l.text
			}
		}
		return out
	}
	x, y := side(a), side(b)
	out := []keyDiff{}
	for _, k := range slices.Sorted(maps.Keys(x)) {
		v := x[k]
		if w, ok := y[k]; !ok {
			out = append(out, keyDiff{k, &v, nil})
		} else if v != w {
			out = append(out, keyDiff{k, &v, &w})
		}
	}
	for _, k := range slices.Sorted(maps.Keys(y)) {
		if _, ok := x[k]; !ok {
			w := y[k]
			out = append(out, keyDiff{k, nil, &w})
		}
	}
	slices.SortStableFunc(out, func(p, q keyDiff) int { return strings.Compare(p.Key, q.Key) })
	return out
}

func compareTensor(t, u rnn.Tensor) (tensorDiff, bool) {
	d := tensorDiff{Name: t.Name, A: shapeOf(t), B: shapeOf(u)}
	if !slices.Equal(t.Shape, u.Shape) {
		return d, false
	}
	worst := 0.0
	for i, v := range t.Data {
		if math.Float32bits(v) != math.Float32bits(u.Data[i]) {
			d.Differ++
			worst = max(worst, math.Abs(float64(v)-float64(u.Data[i])))
		}
	}
	d.Of, d.Max = len(t.Data), &worst
	return d, d.Differ == 0
}

func (d *modelDifference) summary() string {
	if d.Same {
		return fmt.Sprintf("the same in %s and all metadata", plural(d.Compared, "tensor"))
	}
	return fmt.Sprintf("%s and %s", plural(len(d.Metadata), "metadata value"), plural(len(d.Tensors), "tensor"))
}

func (d *modelDifference) print(w io.Writer) error {
	fmt.Fprintf(w, "a  %s  %s\nb  %s  %s\n", d.A.Hash, d.A.File, d.B.Hash, d.B.File)
	for _, k := range d.Metadata {
		fmt.Fprintf(w, "\n%s\n", shorten(k.Key))
		for _, s := range []struct {
			name string
			text *string
		}{{"a", k.A}, {"b", k.B}} {
			if s.text == nil {
				fmt.Fprintf(w, "  %s  (not there)\n", s.name)
			} else {
				fmt.Fprintf(w, "  %s  %s\n", s.name, shorten(*s.text))
			}
		}
	}
	if len(d.Tensors) > 0 {
		fmt.Fprintf(w, "\n%-36s %s\n", "tensor", "difference")
	}
	for _, t := range d.Tensors {
		name := shorten(t.Name)
		switch {
		case t.A == nil:
			fmt.Fprintf(w, "%-36s only in b, %v\n", name, t.B)
		case t.B == nil:
			fmt.Fprintf(w, "%-36s only in a, %v\n", name, t.A)
		case t.Max == nil:
			fmt.Fprintf(w, "%-36s shape %v in a, %v in b\n", name, t.A, t.B)
		default:
			fmt.Fprintf(w, "%-36s at most %.6g, in %d of %d values\n", name, *t.Max, t.Differ, t.Of)
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", map[bool]string{true: "Nothing differs: " + d.summary() + ".", false: "Different: " + d.summary() + "."}[d.Same])
	return err
}
