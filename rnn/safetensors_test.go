package rnn_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"crackle/rnn"
)

// raw builds a safetensors file from a header and data as they stand.
func raw(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func TestParseFileRefuses(t *testing.T) {
	nan := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "truncated", nil},
		{"seven bytes", "truncated", make([]byte, 7)},
		{"header beyond the end", "header length", raw(`{}`, nil)[:9]},
		{"huge header", "header length", binary.LittleEndian.AppendUint64(nil, 1<<60)},
		{"not JSON", "header", raw(`hello`, nil)},
		{"array", "begin with {", raw(`[]`, nil)},
		{"trailing text", "header", raw(`{}x`, nil)},
		{"name twice", "twice", raw(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, make([]byte, 4))},
		{"metadata not strings", "__metadata__", raw(`{"__metadata__":{"a":1}}`, nil)},
		{"unknown field", "unknown field", raw(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}`, make([]byte, 4))},
		{"whole numbers", "I64", raw(`{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8))},
		{"shape against bytes", "needs", raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, make([]byte, 4))},
		{"negative shape", "shape", raw(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, make([]byte, 4))},
		{"shape that overflows", "shape", raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, nil)},
		{"nine dimensions", "dimensions", raw(`{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}`, make([]byte, 4))},
		{"offsets reversed", "offsets", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, make([]byte, 4))},
		{"offsets beyond the end", "offsets", raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 4))},
		{"overlap", "overlap", raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, make([]byte, 12))},
		{"hole", "holes", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, make([]byte, 12))},
		{"bytes left over", "cover", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 8))},
		{"NaN", `"a": value 0 is NaN`, raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, nan)},
		{"too large for float32", "Inf", raw(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300)))},
	} {
		f, err := rnn.ParseFile(c.file)
		if err == nil || f != nil {
			t.Errorf("%s: taken", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q does not say %q", c.name, err, c.want)
		}
	}
}

func TestParseFileConverts(t *testing.T) {
	var data []byte
	data = binary.LittleEndian.AppendUint16(data, 0x3e00) // 1.5 in binary16
	data = binary.LittleEndian.AppendUint16(data, 0x8001) // the smallest negative subnormal
	data = binary.LittleEndian.AppendUint16(data, 0xc040) // -3 in bfloat16
	data = binary.LittleEndian.AppendUint64(data, math.Float64bits(0.1))
	f, err := rnn.ParseFile(raw(`{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},"d":{"dtype":"F64","shape":[],"data_offsets":[6,14]}}   `, data))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]float32{"h": {1.5, -0x1p-24}, "b": {-3}, "d": {0.1}}
	for name, w := range want {
		got, ok := f.Tensor(name)
		if !ok || !sameBits(got.Data, w) {
			t.Errorf("%s: %v, want %v", name, got.Data, w)
		}
	}
	if _, ok := f.Tensor("x"); ok {
		t.Error("a tensor x was found")
	}
}

func TestEncodeRefuses(t *testing.T) {
	inf := float32(math.Inf(1))
	for name, f := range map[string]*rnn.File{
		"no name":     {Tensors: []rnn.Tensor{{Shape: []int{1}, Data: []float32{1}}}},
		"metadata":    {Tensors: []rnn.Tensor{{Name: "__metadata__", Shape: []int{1}, Data: []float32{1}}}},
		"twice":       {Tensors: []rnn.Tensor{{Name: "a", Data: []float32{1}}, {Name: "a", Data: []float32{1}}}},
		"wrong shape": {Tensors: []rnn.Tensor{{Name: "a", Shape: []int{2}, Data: []float32{1}}}},
		"infinite":    {Tensors: []rnn.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{inf}}}},
	} {
		if _, err := f.Encode(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func TestModelFileRefuses(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 3, Layers: 1, Head: rnn.HeadLinear, Output: 2})
	if err != nil {
		t.Fatal(err)
	}
	good := func() *rnn.File {
		f, err := w.File()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, c := range []struct {
		name, want string
		change     func(f *rnn.File)
	}{
		{"no config", "imported", func(f *rnn.File) { delete(f.Metadata, rnn.MetaConfig) }},
		{"bad JSON", rnn.MetaConfig, func(f *rnn.File) { f.Metadata[rnn.MetaConfig] = "{" }},
		{"unknown key", "unknown field", func(f *rnn.File) { f.Metadata[rnn.MetaConfig] = `{"cell":"gru","wings":2}` }},
		{"unknown cell", "cell", func(f *rnn.File) { f.Metadata[rnn.MetaConfig] = `{"cell":"crab","input":2,"hidden":3,"layers":1}` }},
		{"huge config", "values", func(f *rnn.File) {
			f.Metadata[rnn.MetaConfig] = `{"cell":"gru","input":16384,"hidden":16384,"layers":64}`
		}},
		{"other hidden", "shape", func(f *rnn.File) {
			f.Metadata[rnn.MetaConfig] = `{"cell":"gru","input":2,"hidden":2,"layers":1,"head":"linear","output":2}`
		}},
		{"tensor missing", "values", func(f *rnn.File) { f.Tensors = f.Tensors[1:2] }},
		{"tensor too many", "no place", func(f *rnn.File) {
			f.Tensors = append(f.Tensors, rnn.Tensor{Name: "rnn.weight_ih_l7", Shape: []int{1}, Data: []float32{1}})
		}},
	} {
		f := good()
		c.change(f)
		if _, err := f.Weights(); err == nil {
			t.Errorf("%s: taken", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q does not say %q", c.name, err, c.want)
		}
	}
	if _, err := good().Weights(); err != nil {
		t.Error(err)
	}
	w.Head.Bias[0] = float32(math.NaN())
	if _, err := w.File(); err == nil {
		t.Error("weights with a NaN were written")
	}
}

func TestConfigRefuses(t *testing.T) {
	ok := rnn.Config{Cell: rnn.GRU, Input: 1, Hidden: 1, Layers: 1}
	for name, change := range map[string]func(*rnn.Config){
		"input 0":         func(c *rnn.Config) { c.Input = 0 },
		"hidden -1":       func(c *rnn.Config) { c.Hidden = -1 },
		"65 layers":       func(c *rnn.Config) { c.Layers = 65 },
		"output, no head": func(c *rnn.Config) { c.Output = 1 },
		"head, no output": func(c *rnn.Config) { c.Head = rnn.HeadLinear },
		"unknown head":    func(c *rnn.Config) { c.Head, c.Output = "tail", 1 },
		"dropout 1":       func(c *rnn.Config) { c.Dropout = 1 },
	} {
		c := ok
		change(&c)
		if c.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := ok.Check(); err != nil {
		t.Error(err)
	}
}

func TestReadFileIsParseFile(t *testing.T) {
	f := &rnn.File{Tensors: []rnn.Tensor{{Name: "b", Shape: []int{2, 1}, Data: []float32{1, 2}}, {Name: "a", Data: []float32{3}}}, Metadata: map[string]string{"k": "v"}}
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	g, err := rnn.ReadFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Tensors) != 2 || g.Tensors[0].Name != "a" || g.Metadata["k"] != "v" {
		t.Errorf("came back as %+v", g)
	}
}
