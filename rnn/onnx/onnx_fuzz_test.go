package onnx_test

import (
	"os"
	"path/filepath"
	"testing"

	"crackle/rnn"
	"crackle/rnn/onnx"
)

// FuzzParse makes sure that no file makes Parse panic, and that what it accepts runs and is no larger than the file allows.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.onnx"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, r := range refusals() {
		f.Add(r.file)
	}
	f.Add(layout1())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := onnx.Parse(b)
		if err != nil {
			return
		}
		if n := m.Weights.Count(); n > 8*len(b)+1<<21 {
			t.Errorf("%d weights from %d bytes", n, len(b))
		}
		net, err := rnn.New(m.Weights)
		if err != nil {
			t.Fatalf("what was read does not run: %v", err)
		}
		c := net.Config()
		if c.Input > 64 {
			return
		}
		if err := net.Forward(make([]float32, 3*c.Width()), make([]float32, 3*c.Input), net.NewState()); err != nil {
			t.Error(err)
		}
	})
}
