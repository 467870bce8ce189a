package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crackle/rnn"
)

// onnxFile is a file that PyTorch exported, or its state_dict.
func onnxFile(name string) string {
	return filepath.Join("..", "..", "rnn", "onnx", "testdata", name)
}

// must runs the program and stops the test unless it ends well.
func must(t *testing.T, args ...string) (out, log string) {
	t.Helper()
	out, log, code := crackle(args...)
	if code != exitOK {
		t.Fatalf("crackle %s: status %d, %q", strings.Join(args, " "), code, log)
	}
	return out, log
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// TestModelRoundTrip takes a network from ONNX, writes it for PyTorch, takes it back, and finds it the same.
func TestModelRoundTrip(t *testing.T) {
	for name, want := range map[string]string{
		"gru":         "gru, 3 inputs, 8 units, 1 layer, head linear of 2; 330 parameters",
		"lstm_both":   "lstm, 4 inputs, 6 units, 2 layers, bidirectional, head linear of 3; 1575 parameters",
		"gru_class":   "gru, 3 inputs, 8 units, 1 layer, head class of 4; 348 parameters",
		"gru_learned": "gru, 3 inputs, 5 units, 2 layers, head linear of 2; 352 parameters",
	} {
		dir := t.TempDir()
		a, state, b := filepath.Join(dir, "a.safetensors"), filepath.Join(dir, "state.safetensors"), filepath.Join(dir, "b.safetensors")
		out, log := must(t, "model", "import", onnxFile(name+".onnx"), "-o", a)
		if !strings.Contains(out, want) || !strings.Contains(log, "crackle train") {
			t.Errorf("%s: import says %q, %q; want %q", name, out, log, want)
		}
		if name == "gru_class" || name == "gru_learned" { // a state_dict tells neither
			continue
		}
		must(t, "model", "export", a, "-o", state, "--prefix", "model.lstm.", "--head", "fc.")
		if f := readTensors(t, state); len(f.Metadata) > 0 {
			t.Errorf("%s: the state_dict has metadata %v", name, f.Metadata)
		} else if _, ok := f.Tensor("model.lstm.weight_ih_l0"); !ok {
			t.Errorf("%s: no tensor model.lstm.weight_ih_l0", name)
		}
		must(t, "model", "import", state, "-o", b)
		out, _, code := crackle("model", "diff", "--json", a, b)
		var d modelDifference
		parse(t, out, &d)
		if code != exitFailed || len(d.Tensors) != 0 || d.Compared == 0 || d.Same {
			t.Errorf("%s: status %d, %s", name, code, out)
		}
		for _, k := range d.Metadata {
			if !strings.HasPrefix(k.Key, importKey+".") {
				t.Errorf("%s: metadata %s differs", name, k.Key)
			}
		}
	}
}

func readTensors(t *testing.T, path string) *rnn.File {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := rnn.ParseFile(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestModelImportStateDict takes a state_dict that PyTorch wrote and finds the tensors of the graph it was exported with.
func TestModelImportStateDict(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	must(t, "model", "import", onnxFile("relu.onnx"), "-o", a)
	out, _ := must(t, "model", "import", onnxFile("relu.state.safetensors"), "--relu", "--json", "-o", b)
	var doc struct {
		Model  string
		Config rnn.Config
		Import importRecord
	}
	parse(t, out, &doc)
	if doc.Config.Cell != rnn.ElmanReLU || doc.Import.Format != "state_dict" || doc.Import.From != "relu.state.safetensors" || len(doc.Model) != 12 {
		t.Errorf("%s", out)
	}
	out, log, _ := crackle("model", "diff", a, b)
	if !strings.Contains(out, importKey+".format\n  a  onnx\n  b  state_dict\n") || !strings.Contains(log, "and 0 tensors") {
		t.Errorf("%q, %q", out, log)
	}
	if _, log := must(t, "model", "import", onnxFile("relu.state.safetensors"), "-o", b); !strings.Contains(log, "--relu") {
		t.Errorf("without --relu: %q", log)
	}
	if _, log := must(t, "model", "import", onnxFile("gru_last_row.onnx"), "-o", b); !strings.Contains(log, "last row") {
		t.Errorf("of a graph that gives its last row: %q", log)
	}
}

// TestModelDiff changes one value, one shape and one key.
func TestModelDiff(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	must(t, "model", "import", onnxFile("gru.onnx"), "-o", a)
	if out, _ := must(t, "model", "diff", a, a); !strings.Contains(out, "Nothing differs: the same in 6 tensors") {
		t.Errorf("of a file and itself: %q", out)
	}
	f := readTensors(t, a)
	for i := range f.Tensors {
		switch x := &f.Tensors[i]; x.Name {
		case "head.bias":
			x.Data[1] += 0.5
		case "head.weight":
			x.Shape = []int{16}
		case "rnn.bias_hh_l0":
			x.Name = "other"
		}
	}
	f.Metadata["note"] = "new"
	enc, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	write(t, b, string(enc))
	out, log, code := crackle("model", "diff", "--json", a, b)
	var d modelDifference
	parse(t, out, &d)
	if code != exitFailed || len(d.Tensors) != 4 || len(d.Metadata) != 1 || d.Compared != 5 || !strings.Contains(log, "1 metadata value and 4 tensors") {
		t.Fatalf("status %d, %s, %q", code, out, log)
	}
	if bias := d.Tensors[0]; bias.Name != "head.bias" || bias.Max == nil || *bias.Max < 0.499 || *bias.Max > 0.501 || bias.Differ != 1 || bias.Of != 2 {
		t.Errorf("head.bias: %+v", bias)
	}
	if k := d.Metadata[0]; k.Key != "note" || k.A != nil || k.B == nil || *k.B != "new" {
		t.Errorf("note: %+v", k)
	}
	out, _, _ = crackle("model", "diff", a, b)
	for _, w := range []string{"head.bias", "at most 0.5, in 1 of 2 values", "shape [2 8] in a, [16] in b", "only in a, [24]", "only in b, [24]", "a  (not there)\n  b  new"} {
		if !strings.Contains(out, w) {
			t.Errorf("diff says %q, want %q", out, w)
		}
	}
}

// TestModelShow shows what a stream's own model rests on.
func TestModelShow(t *testing.T) {
	dir, cfg := motorFiles(t)
	must(t, "train", "-c", cfg, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv"))
	path := filepath.Join(dir, "motor.safetensors")
	out, _ := must(t, "model", "show", "--json", path)
	var v struct {
		Model      string
		Kernel     string
		Config     rnn.Config
		Parameters int
		Metadata   map[string]json.RawMessage
		Tensors    []tensorView
	}
	parse(t, out, &v)
	var meta struct {
		Stream string
		Record struct {
			FitParts []string `json:"fit_parts"`
		}
	}
	parse(t, string(v.Metadata["crackle.detector"]), &meta)
	if v.Config.Cell != rnn.GRU || v.Parameters == 0 || v.Kernel == "" || len(v.Tensors) == 0 || v.Tensors[0].RMS == 0 || meta.Stream != "motor" || len(meta.Record.FitParts) == 0 {
		t.Errorf("%s", out)
	}
	trained, _ := must(t, "score", "--json", "-c", cfg, filepath.Join(dir, "SC_HLT_003.csv"))
	if !strings.Contains(trained, `"model":"`+v.Model+`"`) {
		t.Errorf("show says model %s, score another", v.Model)
	}
	out, _ = must(t, "model", "show", path)
	for _, w := range []string{"Model " + v.Model, "network     gru, ", "kernel      " + v.Kernel, "\ncrackle.detector\n", "  record.split_by ", "rnn.weight_ih_l0 "} {
		if !strings.Contains(out, w) {
			t.Errorf("show says %q, want %q", out, w)
		}
	}
	out, _ = must(t, "model", "show", onnxFile("gru.state.safetensors"))
	if !strings.Contains(out, "network     none: ") || !strings.Contains(out, "crackle model import") || !strings.Contains(out, "rnn.weight_hh_l0 ") {
		t.Errorf("of a state_dict: %q", out)
	}
}

func TestModelMistakes(t *testing.T) {
	dir := t.TempDir()
	out, garbage, model := filepath.Join(dir, "out"), filepath.Join(dir, "garbage"), filepath.Join(dir, "model")
	write(t, garbage, "no model at all")
	must(t, "model", "import", onnxFile("gru.onnx"), "-o", model)
	state := onnxFile("gru.state.safetensors")
	for _, tc := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"model"}, exitMistake, []string{"expected one of"}},
		{[]string{"model", "show", filepath.Join(dir, "none")}, exitFailed, []string{"none", "no such file"}},
		{[]string{"model", "show", garbage}, exitFailed, []string{"garbage", "truncated or not a safetensors file"}},
		{[]string{"model", "import", garbage, "-o", out}, exitFailed, []string{"garbage", "not ONNX"}},
		{[]string{"model", "import", model, "-o", out}, exitMistake, []string{"model file already"}},
		{[]string{"model", "import", onnxFile("gru.onnx"), "--relu", "-o", out}, exitMistake, []string{"--relu", "state_dict"}},
		{[]string{"model", "import", state, "--prefix", "encoder.", "-o", out}, exitFailed, []string{"encoder.weight_ih_l0", "rnn."}},
		{[]string{"model", "import", state, "--head-kind", "cubic", "-o", out}, exitMistake, []string{"head-kind"}},
		{[]string{"model", "import", state, "-o", filepath.Join(dir, "nowhere", "out")}, exitFailed, []string{"nowhere"}},
		{[]string{"model", "export", state, "-o", out}, exitMistake, []string{"no model file", "crackle model import"}},
		{[]string{"model", "export", model, "--prefix", "a.", "--head", "a.", "-o", out}, exitMistake, []string{"the same"}},
		{[]string{"model", "diff", model, garbage}, exitFailed, []string{"garbage"}},
	} {
		written, log, code := crackle(tc.args...)
		for _, w := range tc.want {
			if code != tc.code || !strings.Contains(log, w) || written != "" {
				t.Errorf("crackle %s: status %d, %q; want %d and %q", strings.Join(tc.args, " "), code, log, tc.code, w)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".model-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written by a command that failed")
	}
}
