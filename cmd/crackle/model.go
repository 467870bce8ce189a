package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"crackle/detector/panel"
	"crackle/rnn"
)

type modelCmd struct {
	Show   modelShowCmd   `cmd:"" help:"Print what a model file holds: network, records, tensors."`
	Import modelImportCmd `cmd:"" help:"Make a model file from an ONNX file or a PyTorch state_dict saved as safetensors."`
	Export modelExportCmd `cmd:"" help:"Write a model's network as a PyTorch state_dict in safetensors form."`
	Diff   modelDiffCmd   `cmd:"" help:"List in what two model files differ; the exit code is 1 when they do."`
	List   modelListCmd   `cmd:"" help:"List the models of a stream that are kept with the store of a running crackle, the newest first."`
	Use    modelUseCmd    `cmd:"" help:"Put a model that is kept with the store in service, while the stream runs."`
	Get    modelGetCmd    `cmd:"" help:"Write a model that is kept with the store to a file."`
}

// modelFile is a safetensors file that has been read.
type modelFile struct {
	path  string
	hash  string // as detector.Model.Hash: the first 12 hexadecimal digits of the SHA-256
	bytes int
	*rnn.File
}

func openModel(path string) (*modelFile, error) {
	b, err := readModelBytes(path)
	if err != nil {
		return nil, err
	}
	f, err := rnn.ParseFile(b)
	if err != nil {
		return nil, fmt.Errorf("model file %s: %w", path, err)
	}
	return &modelFile{path: path, hash: shortHash(b), bytes: len(b), File: f}, nil
}

// readModelBytes reads a file that is no larger than a model may be.
func readModelBytes(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, rnn.MaxFileBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("model file %s: %w", path, err)
	}
	if len(b) > rnn.MaxFileBytes {
		return nil, fmt.Errorf("model file %s: is larger than %d bytes", path, rnn.MaxFileBytes)
	}
	return b, nil
}

func shortHash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:6])
}

// network takes the network out of the file; without one, the error says what to do.
func (m *modelFile) network() (*rnn.Weights, error) {
	if _, ok := m.Metadata[rnn.MetaConfig]; !ok && m.Metadata[panel.MetaKey] != "" {
		return nil, mistake{fmt.Errorf("%s holds a model without a network of its own: its members are others", m.path)}
	} else if !ok {
		return nil, mistake{fmt.Errorf("%s has no metadata %q, so it is no model file of this program; make one of it with `crackle model import %s -o MODEL`", m.path, rnn.MetaConfig, m.path)}
	}
	w, err := m.Weights()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.path, err)
	}
	return w, nil
}

// configText says a network's shape in words.
func configText(c rnn.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, %s", c.Cell, plural(c.Input, "input"), plural(c.Hidden, "unit"), plural(c.Layers, "layer"))
	if c.Bidirectional {
		b.WriteString(", bidirectional")
	}
	if c.Head != rnn.HeadNone {
		fmt.Fprintf(&b, ", head %s of %d", c.Head, c.Output)
	}
	if c.Dropout > 0 {
		fmt.Fprintf(&b, ", dropout %v in training", c.Dropout)
	}
	return b.String()
}

// leaf is one value inside a JSON document: its place, as a.b.0, and its text.
type leaf struct{ path, text string }

// leaves lists the values of a document by place. Text that is not JSON is one value.
func leaves(path, text string) []leaf {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || d.More() {
		return []leaf{{path, text}}
	}
	var out []leaf
	flatten(path, v, &out)
	return out
}

func flatten(path string, v any, out *[]leaf) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 {
			names := make([]string, 0, len(v))
			for k := range v {
				names = append(names, k)
			}
			sort.Strings(names)
			for _, k := range names {
				flatten(path+"."+k, v[k], out)
			}
			return
		}
	case []any:
		if nested(v) {
			for i, x := range v {
				flatten(fmt.Sprintf("%s.%d", path, i), x, out)
			}
			return
		}
	case string:
		*out = append(*out, leaf{path, v})
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // what was decoded from JSON encodes
	*out = append(*out, leaf{path, strings.TrimSpace(b.String())})
}

// nested reports whether a list holds documents; a list of plain values is shown on one line.
func nested(v []any) bool {
	for _, x := range v {
		switch x.(type) {
		case map[string]any, []any:
			return true
		}
	}
	return false
}

// writeModel writes a file so that a reader sees the old one or the new one, never a part.
func writeModel(path string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".model-*")
	if err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("model file %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

// printJSON writes one document, indented.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
