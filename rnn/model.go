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
	MetaConfig  = "crackle.rnn"         // the Config as JSON
	MetaPooled  = "crackle.rnn.pooled"  // the PooledConfig of a pooled network instead
	MetaSeq2Seq = "crackle.rnn.seq2seq" // the Seq2SeqConfig of an encoder-decoder instead
	MetaKernel  = "crackle.kernel"      // kernel.Name() of the program that wrote the file
)

// File puts the weights into a model file. Metadata of other packages may be added to the result's Metadata map.
func (w *Weights) File() (*File, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	return modelFile(MetaConfig, w.Config, w.Params())
}

// modelFile puts parameters and a config under its metadata key into a file.
func modelFile(key string, config any, params []Param) (*File, error) {
	if err := checkParams(params); err != nil {
		return nil, err
	}
	c, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("network config: %w", err)
	}
	f := &File{Metadata: map[string]string{key: string(c), MetaKernel: kernel.Name()}}
	for _, p := range params {
		f.Tensors = append(f.Tensors, Tensor{Name: p.Name, DType: "F32", Shape: p.Shape, Data: slices.Clone(p.Data)})
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

// config reads the config under a metadata key.
func (f *File) config(key string, into any) error {
	text, ok := f.Metadata[key]
	if !ok {
		return fmt.Errorf("model file has no metadata %q: it holds another kind of network, or was not written by this program and is to be imported", key)
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("model file: metadata %q: %w", key, err)
	}
	return nil
}

// Weights takes the network out of a model file. Every parameter must be there with its shape; a tensor named rnn.* or head.* that the
// config has no place for is refused, other tensors are left alone. The result shares nothing with f.
func (f *File) Weights() (*Weights, error) {
	var c Config
	if err := f.config(MetaConfig, &c); err != nil {
		return nil, err
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
	if err := f.fill(w.Params()); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	return w, nil
}

// File puts a pooled network into a model file.
func (w *PooledWeights) File() (*File, error) { return modelFile(MetaPooled, w.Config, w.Params()) }

// PooledWeights takes a pooled network out of a model file, as Weights does a plain one.
func (f *File) PooledWeights() (*PooledWeights, error) {
	var c PooledConfig
	if err := f.config(MetaPooled, &c); err != nil {
		return nil, err
	}
	if err := f.fits(c.Network); err != nil {
		return nil, err
	}
	if err := f.fitsAttention(c.Attention, c.Width, c.keyWidth()); err != nil {
		return nil, err
	}
	w, err := NewPooledWeights(c)
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if _, ok := f.Tensor("rnn.h0"); ok {
		w.Network.LearnInitialState()
	}
	if err := f.fill(w.Params()); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	return w, nil
}

// File puts an encoder-decoder into a model file.
func (w *Seq2SeqWeights) File() (*File, error) { return modelFile(MetaSeq2Seq, w.Config, w.Params()) }

// Seq2SeqWeights takes an encoder-decoder out of a model file, as Weights does a plain network.
func (f *File) Seq2SeqWeights() (*Seq2SeqWeights, error) {
	var c Seq2SeqConfig
	if err := f.config(MetaSeq2Seq, &c); err != nil {
		return nil, err
	}
	if err := f.fits(c.EncoderConfig()); err != nil {
		return nil, err
	}
	if err := f.fits(c.DecoderConfig()); err != nil {
		return nil, err
	}
	if c.Attention != AttentionNone {
		if err := f.fitsAttention(c.Attention, c.Width, c.keyWidth()); err != nil {
			return nil, err
		}
	}
	w, err := NewSeq2SeqWeights(c)
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if err := f.fill(w.Params()); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	return w, nil
}

func (f *File) fitsAttention(kind AttentionKind, width, key int) error {
	if err := checkAttention(kind, width); err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	if have := f.values(); have < width*key {
		return fmt.Errorf("model file holds %d values, its attention needs at least %d: they do not belong together", have, width*key)
	}
	return nil
}

func (f *File) values() int {
	n := 0
	for _, t := range f.Tensors {
		n += len(t.Data)
	}
	return n
}

// fits makes sure that the file holds about as many values as the config needs, before they are allocated.
func (f *File) fits(c Config) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("model file: network config: %w", err)
	}
	have := f.values()
	rows := c.Cell.Gates() * c.Hidden
	need := c.Directions() * rows * (c.Input + c.Hidden + (c.Layers-1)*(c.Hidden*c.Directions()+c.Hidden))
	if have < need {
		return fmt.Errorf("model file holds %d values, its config needs at least %d: they do not belong together", have, need)
	}
	return nil
}

// fill copies every parameter from the tensor of its name, and refuses tensors of the network's kind that are left over.
func (f *File) fill(params []Param) error {
	used := map[string]bool{}
	for _, p := range params {
		t, ok := f.Tensor(p.Name)
		if !ok {
			return fmt.Errorf("tensor %q is missing, the config needs it with shape %v", p.Name, p.Shape)
		}
		if !slices.Equal(t.Shape, p.Shape) {
			return fmt.Errorf("tensor %q has shape %v, the config needs %v", p.Name, t.Shape, p.Shape)
		}
		copy(p.Data, t.Data)
		used[p.Name] = true
	}
	for _, t := range f.Tensors {
		area, _, _ := strings.Cut(t.Name, ".")
		if slices.Contains([]string{"rnn", "head", "attention", "encoder", "decoder"}, area) && !used[t.Name] {
			return fmt.Errorf("tensor %q with shape %v has no place in the config", t.Name, t.Shape)
		}
	}
	return checkParams(params)
}
