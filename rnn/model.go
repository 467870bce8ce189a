package rnn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"crackle/rnn/kernel"
)

// Metadata keys that this package writes. Other packages keep theirs under keys of their own, such as "crackle.detector".
const (
	MetaConfig = "crackle.rnn"    // the Config as JSON
	MetaKernel = "crackle.kernel" // kernel.Name() of the program that wrote the file
)

// File puts the weights into a model file. Metadata of other packages may be added to the result's Metadata map.
func (w *Weights) File() (*File, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	c, err := json.Marshal(w.Config)
	if err != nil {
		return nil, fmt.Errorf("network config: %w", err)
	}
	f := &File{Metadata: map[string]string{MetaConfig: string(c), MetaKernel: kernel.Name()}}
	for _, p := range w.Params() {
		f.Tensors = append(f.Tensors, Tensor{Name: p.Name, DType: "F32", Shape: p.Shape, Data: slices.Clone(p.Data)})
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

// Weights takes the network out of a model file. Every parameter must be there with its shape; a tensor named rnn.* or head.* that the
// config has no place for is refused, other tensors are left alone. The result shares nothing with f.
func (f *File) Weights() (*Weights, error) {
	text, ok := f.Metadata[MetaConfig]
	if !ok {
		return nil, fmt.Errorf("model file has no metadata %q: it was not written by this program, import it instead", MetaConfig)
	}
	var c Config
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("model file: metadata %q: %w", MetaConfig, err)
	}
	if err := f.fits(c); err != nil {
		return nil, err
	}
	w, err := NewWeights(c)
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if _, ok := f.Tensor("rnn.h0"); ok {
		w.LearnInitialState()
	}
	if err := w.fill(f, func(name string) string { return name }); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	return w, nil
}

// fits makes sure that the file holds about as many values as the config needs, before they are allocated.
func (f *File) fits(c Config) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("model file: network config: %w", err)
	}
	have := 0
	for _, t := range f.Tensors {
		have += len(t.Data)
	}
	rows := c.Cell.Gates() * c.Hidden
	need := c.Directions() * rows * (c.Input + c.Hidden + (c.Layers-1)*(c.Hidden*c.Directions()+c.Hidden))
	if have < need {
		return fmt.Errorf("model file holds %d values, its config needs at least %d: they do not belong together", have, need)
	}
	return nil
}

// fill copies every parameter from the tensor that source names, and refuses tensors rnn.* and head.* that are left over.
func (w *Weights) fill(f *File, source func(string) string) error {
	used := map[string]bool{}
	for _, p := range w.Params() {
		name := source(p.Name)
		t, ok := f.Tensor(name)
		if !ok {
			return fmt.Errorf("tensor %q is missing, the config needs it with shape %v", name, p.Shape)
		}
		if !slices.Equal(t.Shape, p.Shape) {
			return fmt.Errorf("tensor %q has shape %v, the config needs %v", name, t.Shape, p.Shape)
		}
		copy(p.Data, t.Data)
		used[name] = true
	}
	for _, t := range f.Tensors {
		if (strings.HasPrefix(t.Name, "rnn.") || strings.HasPrefix(t.Name, "head.")) && !used[t.Name] {
			return fmt.Errorf("tensor %q with shape %v has no place in the config", t.Name, t.Shape)
		}
	}
	return w.Check()
}
