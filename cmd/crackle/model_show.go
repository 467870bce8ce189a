package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"

	"crackle/detector/head"
	"crackle/rnn"
)

type modelShowCmd struct {
	File string `arg:"" help:"Model file, or any safetensors file."`
	JSON bool   `name:"json" help:"Print one JSON document."`
}

// modelView is what show prints.
type modelView struct {
	File       string                     `json:"file"`
	Hash       string                     `json:"model"`
	Bytes      int                        `json:"bytes"`
	Kernel     string                     `json:"kernel,omitempty"`
	Config     *rnn.Config                `json:"config,omitempty"`
	Parameters int                        `json:"parameters,omitempty"`
	Problem    string                     `json:"problem,omitempty"` // why no network could be taken out
	Metadata   map[string]json.RawMessage `json:"metadata"`
	Tensors    []tensorView               `json:"tensors"`
}

type tensorView struct {
	Name  string  `json:"name"`
	DType string  `json:"dtype"`
	Shape []int   `json:"shape"`
	Min   float32 `json:"min"`
	Max   float32 `json:"max"`
	RMS   float64 `json:"rms"`
}

func (c *modelShowCmd) Run(con console) error {
	m, err := openModel(c.File)
	if err != nil {
		return err
	}
	if _, is := m.Metadata[head.MetaKey]; is {
		return showHead(con, c.File, c.JSON)
	}
	v := m.view()
	if c.JSON {
		return printJSON(con.out, v)
	}
	return v.print(con.out, m.Metadata)
}

// showHead shows what labels have taught.
func showHead(con console, path string, asJSON bool) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	h, err := head.Parse(b)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if asJSON {
		return printJSON(con.out, h)
	}
	return headReport(con.out, path, h)
}

func (m *modelFile) view() *modelView {
	v := &modelView{File: m.path, Hash: m.hash, Bytes: m.bytes, Kernel: m.Metadata[rnn.MetaKernel], Metadata: map[string]json.RawMessage{}, Tensors: []tensorView{}}
	if w, err := m.network(); err != nil {
		v.Problem = err.Error()
	} else {
		v.Config, v.Parameters = &w.Config, w.Count()
	}
	for k, text := range m.Metadata {
		switch {
		case k == rnn.MetaConfig && v.Config != nil || k == rnn.MetaKernel:
		case json.Valid([]byte(text)):
			v.Metadata[k] = json.RawMessage(text)
		default:
			b, _ := json.Marshal(text) // any string encodes
			v.Metadata[k] = b
		}
	}
	for _, t := range m.Tensors {
		v.Tensors = append(v.Tensors, viewTensor(t))
	}
	return v
}

func viewTensor(t rnn.Tensor) tensorView {
	v := tensorView{Name: t.Name, DType: t.DType, Shape: append([]int{}, t.Shape...)}
	if len(t.Data) == 0 {
		return v
	}
	v.Min, v.Max = slices.Min(t.Data), slices.Max(t.Data)
	sum := 0.0
	for _, x := range t.Data {
		sum += float64(x) * float64(x)
	}
	v.RMS = math.Sqrt(sum / float64(len(t.Data)))
	return v
}

func (v *modelView) print(w io.Writer, metadata map[string]string) error {
	fmt.Fprintf(w, "Model %s in %s, %d bytes\n\n", v.Hash, v.File, v.Bytes)
	if v.Config != nil {
		fmt.Fprintf(w, "network     %s\nparameters  %d\n", configText(*v.Config), v.Parameters)
	} else {
		fmt.Fprintf(w, "network     none: %s\n", v.Problem)
	}
	if v.Kernel != "" {
		fmt.Fprintf(w, "kernel      %s\n", shorten(v.Kernel))
	}
	for _, k := range slices.Sorted(maps.Keys(v.Metadata)) {
		fmt.Fprintf(w, "\n%s\n", shorten(k))
		for _, l := range leaves("", metadata[k]) {
			name := l.path
			if name != "" {
				name = name[1:]
			}
			fmt.Fprintf(w, "  %-34s %s\n", shorten(name), shorten(l.text))
		}
	}
	fmt.Fprintf(w, "\n%-36s %-5s %-14s %12s %12s %12s\n", "tensor", "type", "shape", "min", "max", "rms")
	for _, t := range v.Tensors {
		fmt.Fprintf(w, "%-36s %-5s %-14s %12.5g %12.5g %12.5g\n", shorten(t.Name), t.DType, fmt.Sprint(t.Shape), t.Min, t.Max, t.RMS)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// shorten keeps a long list to a line, and what steers a terminal out of it; --json has it whole.
func shorten(s string) string {
	const most = 120
	r := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s))
	if len(r) > most {
		return fmt.Sprintf("%s… (%d characters)", string(r[:most]), len(r))
	}
	return s
}
