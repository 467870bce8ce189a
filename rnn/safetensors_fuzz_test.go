package rnn_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"crackle/rnn"
)

// FuzzParseFile: no input may crash the reader, and what it takes it must write and read back the same.
func FuzzParseFile(f *testing.F) {
	paths, err := filepath.Glob("testdata/golden/elman*.safetensors")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seed files (%v)", err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(raw(`{"a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]},"__metadata__":{"x":"y"}}`, []byte{1, 2, 3, 4}))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := rnn.ParseFile(b)
		if err != nil {
			return
		}
		out, err := file.Encode()
		if err != nil {
			return // an empty name is legal JSON, and refused when writing
		}
		again, err := rnn.ParseFile(out)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		second, err := again.Encode()
		if err != nil || !bytes.Equal(out, second) {
			t.Fatalf("written twice, two results (%v)", err)
		}
		if w, err := file.Weights(); err == nil {
			if _, err := rnn.New(w); err != nil {
				t.Fatalf("weights taken from a file do not make a network: %v", err)
			}
		}
	})
}

// FuzzRestoreState: no bytes may crash the restore of a state, and bytes refused leave it as it was.
func FuzzRestoreState(f *testing.F) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.LSTM, Input: 1, Hidden: 2, Layers: 1})
	if err != nil {
		f.Fatal(err)
	}
	n, err := rnn.New(w)
	if err != nil {
		f.Fatal(err)
	}
	seed, err := n.NewState().MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:3])
	f.Fuzz(func(t *testing.T, b []byte) {
		s := n.NewState()
		s.Hidden()[0] = 42
		if err := s.UnmarshalBinary(b); err != nil {
			if s.Hidden()[0] != 42 {
				t.Fatal("refused bytes changed the state")
			}
			return
		}
		out, err := s.MarshalBinary()
		if err != nil || !bytes.Equal(out, b) {
			t.Fatalf("restored state saves as %x, was %x (%v)", out, b, err)
		}
	})
}
