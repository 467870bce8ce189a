package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"crackle/rnn"
	"crackle/rnn/onnx"
)

// importKey is the metadata that says where an imported network came from.
const importKey = "crackle.import"

type modelImportCmd struct {
	File       string `arg:"" help:"ONNX file (operator set 14 or later), or a PyTorch state_dict saved as safetensors."`
	Output     string `short:"o" required:"" placeholder:"FILE" help:"Model file to write."`
	Prefix     string `placeholder:"TEXT" help:"state_dict: what stands before weight_ih_l0, as 'model.rnn.'. Default: found."`
	Head       string `placeholder:"TEXT" help:"state_dict: what stands before weight and bias of the dense layer, as 'fc.'. Default: found."`
	HeadKind   string `placeholder:"KIND" enum:",linear,gaussian,class" default:"" help:"state_dict: what the dense layer stands for: linear, gaussian or class. Default: linear."`
	Relu       bool   `name:"relu" help:"state_dict: the network is nn.RNN with nonlinearity='relu', which its tensors do not tell."`
	IgnoreRest bool   `help:"state_dict: leave out tensors that belong to neither the network nor its dense layer."`
	JSON       bool   `name:"json" help:"Print what was imported as JSON."`
}

// importRecord says where a network came from and what its file says beyond the weights.
type importRecord struct {
	From     string   `json:"from"`   // name of the file, without its folder
	SHA256   string   `json:"sha256"` // first 12 hexadecimal digits of the file's hash
	Format   string   `json:"format"` // onnx or state_dict
	Producer string   `json:"producer,omitempty"`
	Opset    int      `json:"opset,omitempty"`
	Notes    []string `json:"notes,omitempty"`
}

func (c *modelImportCmd) Run(con console) error {
	b, err := readModelBytes(c.File)
	if err != nil {
		return err
	}
	w, r, err := c.read(b)
	if err != nil {
		return err
	}
	r.From, r.SHA256 = filepath.Base(c.File), shortHash(b)
	f, err := w.File()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f.Metadata[importKey] = string(text)
	out, err := f.Encode()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if err := writeModel(c.Output, out); err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintf(con.err, "note: %s\n", n)
	}
	fmt.Fprintln(con.err, "note: the file holds a network, but neither features nor limits; a stream's own model is made by `crackle train`")
	if c.JSON {
		return printJSON(con.out, struct {
			File       string        `json:"file"`
			Model      string        `json:"model"`
			Config     rnn.Config    `json:"config"`
			Parameters int           `json:"parameters"`
			Import     *importRecord `json:"import"`
		}{c.Output, shortHash(out), w.Config, w.Count(), r})
	}
	_, err = fmt.Fprintf(con.out, "Model %s, written to %s\n%s; %d parameters, from %s (%s)\n", shortHash(out), c.Output, configText(w.Config), w.Count(), c.File, r.Format)
	return err
}

// read tells the two kinds of files apart by their first bytes.
func (c *modelImportCmd) read(b []byte) (*rnn.Weights, *importRecord, error) {
	if len(b) > 8 && b[8] == '{' {
		return c.readStateDict(b)
	}
	if c.Prefix != "" || c.Head != "" || c.HeadKind != "" || c.Relu || c.IgnoreRest {
		return nil, nil, mistake{fmt.Errorf("%s is not a safetensors file: --prefix, --head, --head-kind, --relu and --ignore-rest go with a state_dict; an ONNX file says it all itself", c.File)}
	}
	m, err := onnx.Parse(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.File, err)
	}
	r := &importRecord{Format: "onnx", Producer: m.Producer, Opset: m.Opset}
	if m.LastOnly {
		r.Notes = append(r.Notes, "the ONNX graph gives an output for the last row of a sequence only; the model gives one for each row, the last is the same")
	}
	if m.GivenState {
		r.Notes = append(r.Notes, "the ONNX graph takes its initial state as an input; the model starts from zero unless its state is set")
	}
	return m.Weights, r, nil
}

func (c *modelImportCmd) readStateDict(b []byte) (*rnn.Weights, *importRecord, error) {
	f, err := rnn.ParseFile(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.File, err)
	}
	if _, ok := f.Metadata[rnn.MetaConfig]; ok {
		return nil, nil, mistake{fmt.Errorf("%s is a model file already (see `crackle model show %s`); copy it instead", c.File, c.File)}
	}
	cfg := rnn.ImportConfig{Prefix: c.Prefix, Head: c.Head, HeadKind: rnn.Head(c.HeadKind), IgnoreRest: c.IgnoreRest}
	if c.Relu {
		cfg.Cell = rnn.ElmanReLU
	}
	w, err := rnn.ImportStateDict(f, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.File, err)
	}
	r := &importRecord{Format: "state_dict"}
	if w.Config.Cell == rnn.ElmanTanh && !c.Relu {
		r.Notes = append(r.Notes, "a state_dict does not tell the nonlinearity of nn.RNN; tanh was taken, --relu takes the other")
	}
	return w, r, nil
}

type modelExportCmd struct {
	File   string `arg:"" help:"Model file."`
	Output string `short:"o" required:"" placeholder:"FILE" help:"safetensors file to write."`
	Prefix string `default:"rnn." placeholder:"TEXT" help:"What to put before weight_ih_l0. Default: rnn."`
	Head   string `default:"head." placeholder:"TEXT" help:"What to put before weight and bias of the dense layer. Default: head."`
}

func (c *modelExportCmd) Run(con console) error {
	m, err := openModel(c.File)
	if err != nil {
		return err
	}
	w, err := m.network()
	if err != nil {
		return err
	}
	if c.Prefix == c.Head && w.Config.Head != rnn.HeadNone {
		return mistake{errors.New("--prefix and --head are the same; the tensors of the network and of its dense layer need names of their own")}
	}
	f, err := w.StateDict(c.Prefix, c.Head)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	b, err := f.Encode()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if err := writeModel(c.Output, b); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s of %s, written to %s\n", plural(len(f.Tensors), "tensor"), c.File, c.Output)
	return err
}
