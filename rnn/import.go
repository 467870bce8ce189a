package rnn

import (
	"fmt"
	"slices"
	"strings"
)

// ImportConfig says what a PyTorch state_dict, saved as safetensors, holds. Everything may be left empty where the tensors speak for themselves.
type ImportConfig struct {
	// Prefix stands before weight_ih_l0, such as "rnn." or "model.encoder.". Empty: the only one there is.
	Prefix string
	// Cell is needed only to tell ElmanReLU from ElmanTanh; otherwise the number of gate rows decides.
	Cell Cell
	// Head is the prefix of the nn.Linear after the network, such as "head." or "fc.". Empty: the only one whose width fits, if any.
	Head string
	// HeadKind is what the head stands for, default HeadLinear. A Gaussian head has two rows per output: means, then log-variances.
	HeadKind Head
	// IgnoreRest allows tensors that belong neither to the network nor to its head.
	IgnoreRest bool
}

// ImportStateDict takes a network out of a state_dict. A bias that is not there is zero. An error names the tensor that is missing, has
// another shape, or has no place; nothing is half-loaded.
func ImportStateDict(f *File, c ImportConfig) (*Weights, error) {
	w, used, err := importNetwork(f, c)
	if err != nil {
		return nil, fmt.Errorf("import of a state_dict: %w", err)
	}
	if c.IgnoreRest {
		return w, nil
	}
	var rest []string
	for _, t := range f.Tensors {
		if !used[t.Name] {
			rest = append(rest, t.Name)
		}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("import of a state_dict: %d tensors have no place (%s): name the prefix and the head, or allow the rest to be ignored", len(rest), strings.Join(rest[:min(8, len(rest))], ", "))
	}
	return w, nil
}

const firstTensor = "weight_ih_l0"

func importNetwork(f *File, c ImportConfig) (*Weights, map[string]bool, error) {
	prefix, err := findPrefix(f, c.Prefix)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := inferConfig(f, prefix, c.Cell)
	if err != nil {
		return nil, nil, err
	}
	head, err := findHead(f, prefix, c.Head, cfg.Hidden*cfg.Directions())
	if err != nil {
		return nil, nil, err
	}
	if head != "" {
		t, _ := f.Tensor(head + "weight")
		cfg.Head, cfg.Output = HeadLinear, t.Shape[0]
		if c.HeadKind != HeadNone {
			cfg.Head = c.HeadKind
		}
		if cfg.Head == HeadGaussian {
			cfg.Output /= 2
		}
	}
	if err := f.fits(cfg); err != nil {
		return nil, nil, err
	}
	w, err := NewWeights(cfg)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := f.Tensor(prefix + "h0"); ok {
		w.LearnInitialState()
	}
	used := map[string]bool{}
	for _, p := range w.Params() {
		name := prefix + strings.TrimPrefix(p.Name, "rnn.")
		if rest, ok := strings.CutPrefix(p.Name, "head."); ok {
			name = head + rest
		}
		t, ok := f.Tensor(name)
		if !ok && strings.Contains(p.Name, "bias") {
			continue
		}
		if !ok || !slices.Equal(t.Shape, p.Shape) {
			return nil, nil, fmt.Errorf("tensor %q has shape %v, must be there with %v", name, t.Shape, p.Shape)
		}
		copy(p.Data, t.Data)
		used[name] = true
	}
	return w, used, w.Check()
}

func findPrefix(f *File, want string) (string, error) {
	var all []string
	for _, t := range f.Tensors {
		if p, ok := strings.CutSuffix(t.Name, firstTensor); ok && (p == "" || strings.HasSuffix(p, ".")) {
			all = append(all, p)
		}
	}
	switch {
	case len(all) == 0:
		return "", fmt.Errorf("no tensor ends in %s: there is no nn.RNN, nn.GRU or nn.LSTM in it", firstTensor)
	case want != "" && !slices.Contains(all, want):
		return "", fmt.Errorf("no tensor %q, the prefixes there are %q", want+firstTensor, all)
	case want != "":
		return want, nil
	case len(all) > 1:
		return "", fmt.Errorf("there are %d networks, with the prefixes %q: name one", len(all), all)
	}
	return all[0], nil
}

func inferConfig(f *File, prefix string, cell Cell) (Config, error) {
	ih, _ := f.Tensor(prefix + firstTensor)
	hh, ok := f.Tensor(prefix + "weight_hh_l0")
	if !ok || len(ih.Shape) != 2 || len(hh.Shape) != 2 || hh.Shape[1] == 0 {
		return Config{}, fmt.Errorf("tensors %q and %q have shapes %v and %v, must both have two dimensions", prefix+firstTensor, prefix+"weight_hh_l0", ih.Shape, hh.Shape)
	}
	c := Config{Input: ih.Shape[1], Hidden: hh.Shape[1], Cell: cell}
	gates := map[int]Cell{1: ElmanTanh, 3: GRU, 4: LSTM}[ih.Shape[0]/c.Hidden]
	if cell == "" {
		c.Cell = gates
	}
	if gates == "" || ih.Shape[0]%c.Hidden != 0 || c.Cell.Gates() != gates.Gates() {
		return Config{}, fmt.Errorf("tensor %q has %d rows for %d hidden units, which is no %s (rows must be 1, 3 or 4 times the units)", prefix+firstTensor, ih.Shape[0], c.Hidden, c.Cell)
	}
	if _, ok := f.Tensor(prefix + "weight_hr_l0"); ok {
		return Config{}, fmt.Errorf("tensor %q: an LSTM with a projection (proj_size) is not supported", prefix+"weight_hr_l0")
	}
	for c.Layers = 0; c.Layers <= MaxLayers; c.Layers++ {
		if _, ok := f.Tensor(fmt.Sprintf("%sweight_ih_l%d", prefix, c.Layers)); !ok {
			break
		}
	}
	_, c.Bidirectional = f.Tensor(prefix + firstTensor + "_reverse")
	return c, nil
}

// findHead gives the prefix of the dense layer, or "".
func findHead(f *File, prefix, want string, width int) (string, error) {
	fits := func(p string) bool {
		t, ok := f.Tensor(p + "weight")
		return ok && len(t.Shape) == 2 && t.Shape[1] == width
	}
	if want != "" {
		if !fits(want) {
			return "", fmt.Errorf("tensor %q must be there with shape [outputs %d]", want+"weight", width)
		}
		return want, nil
	}
	var all []string
	for _, t := range f.Tensors {
		if p, ok := strings.CutSuffix(t.Name, "weight"); ok && strings.HasSuffix(p, ".") && (prefix == "" || !strings.HasPrefix(t.Name, prefix)) && fits(p) {
			all = append(all, p)
		}
	}
	if len(all) > 1 {
		return "", fmt.Errorf("%d dense layers fit the network, with the prefixes %q: name one", len(all), all)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return "", nil
}

// StateDict is the network as a safetensors file for PyTorch: prefix before weight_ih_l0 and its like, head before weight and bias of the
// dense layer, no metadata. torch's load_state_dict takes it after safetensors.torch.load_file.
func (w *Weights) StateDict(prefix, head string) (*File, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	if w.Config.Cell == GRUBefore {
		return nil, fmt.Errorf("PyTorch has no GRU with the reset gate before the hidden product: the state_dict would mean another network")
	}
	f := &File{}
	for _, p := range w.Params() {
		name := prefix + strings.TrimPrefix(p.Name, "rnn.")
		if rest, ok := strings.CutPrefix(p.Name, "head."); ok {
			name = head + rest
		}
		f.Tensors = append(f.Tensors, Tensor{Name: name, DType: "F32", Shape: p.Shape, Data: slices.Clone(p.Data)})
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}
