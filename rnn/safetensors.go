package rnn

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// Bounds of a safetensors file, checked before anything of that size is allocated.
const (
	MaxFileBytes   = 1 << 30
	maxHeaderBytes = 16 << 20
	maxTensors     = 1 << 16
	maxRank        = 8
)

// Tensor is a named array of float32, row-major. A tensor read as F64, F16 or BF16 has been converted, DType says from what.
type Tensor struct {
	Name  string
	DType string // as in the file; Encode always writes F32
	Shape []int  // empty for a scalar
	Data  []float32
}

// File is the content of a safetensors file: tensors sorted by name, and the string metadata of the header.
type File struct {
	Tensors  []Tensor
	Metadata map[string]string
}

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := slices.BinarySearchFunc(f.Tensors, name, func(t Tensor, s string) int { return cmpString(t.Name, s) })
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ReadFile reads a safetensors file to its end. It refuses more than MaxFileBytes.
func ReadFile(r io.Reader) (*File, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return ParseFile(b)
}

// entry is a tensor in the JSON header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// ParseFile reads a safetensors file from memory. Any file that is truncated, oversized, overlapping, has holes, an unknown or whole-number
// type, or a value that is not finite, is refused with an error that names the tensor; nothing is half-loaded. The result shares nothing with b.
func ParseFile(b []byte) (*File, error) {
	f, err := parseFile(b)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

func parseFile(b []byte) (*File, error) {
	if len(b) > MaxFileBytes {
		return nil, fmt.Errorf("file is larger than %d bytes", MaxFileBytes)
	}
	if len(b) < 8 {
		return nil, fmt.Errorf("file has %d bytes, the header length alone takes 8: it is truncated or not a safetensors file", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeaderBytes || n > uint64(len(b)-8) {
		return nil, fmt.Errorf("header length is %d, must be at most %d and within the file of %d bytes: it is truncated or not a safetensors file", n, maxHeaderBytes, len(b))
	}
	names, entries, meta, err := parseHeader(b[8 : 8+n])
	if err != nil {
		return nil, err
	}
	data := b[8+n:]
	if err := checkLayout(names, entries, int64(len(data))); err != nil {
		return nil, err
	}
	f := &File{Metadata: meta, Tensors: make([]Tensor, 0, len(names))}
	for _, name := range names {
		e := entries[name]
		values, err := decode(e.DType, data[e.Offsets[0]:e.Offsets[1]])
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		f.Tensors = append(f.Tensors, Tensor{Name: name, DType: e.DType, Shape: e.Shape, Data: values})
	}
	return f, nil
}

// parseHeader gives the tensor names in ascending order.
func parseHeader(b []byte) ([]string, map[string]entry, map[string]string, error) {
	if len(b) == 0 || b[0] != '{' {
		return nil, nil, nil, errors.New("header does not begin with {")
	}
	if err := checkKeys(b); err != nil {
		return nil, nil, nil, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, nil, nil, fmt.Errorf("header: %w", err)
	}
	var meta map[string]string
	if m, ok := raw["__metadata__"]; ok {
		if err := json.Unmarshal(m, &meta); err != nil {
			return nil, nil, nil, fmt.Errorf("header: __metadata__ must map strings to strings: %w", err)
		}
		delete(raw, "__metadata__")
	}
	if len(raw) > maxTensors {
		return nil, nil, nil, fmt.Errorf("header lists %d tensors, must be at most %d", len(raw), maxTensors)
	}
	entries := make(map[string]entry, len(raw))
	for name, r := range raw {
		var e entry
		d := json.NewDecoder(bytes.NewReader(r))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			return nil, nil, nil, fmt.Errorf("header: tensor %q: %w", name, err)
		}
		entries[name] = e
	}
	return slices.Sorted(maps.Keys(entries)), entries, meta, nil
}

// checkKeys refuses a name that stands twice at the top level, where readers would differ on which one counts.
func checkKeys(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	seen := map[string]bool{}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return fmt.Errorf("header: %w", err)
		}
		name, _ := k.(string)
		if seen[name] {
			return fmt.Errorf("header: %q stands twice", name)
		}
		seen[name] = true
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return fmt.Errorf("header: %w", err)
		}
	}
	return nil
}

// checkLayout makes sure that the tensors cover the data exactly once.
func checkLayout(names []string, entries map[string]entry, size int64) error {
	order := slices.Clone(names)
	slices.SortFunc(order, func(a, b string) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return slices.Compare(x[:], y[:])
	})
	var end int64
	for _, name := range order {
		e := entries[name]
		width, ok := widths[e.DType]
		if !ok {
			return fmt.Errorf("tensor %q has type %q, must be F32, F64, F16 or BF16", name, e.DType)
		}
		if len(e.Shape) > maxRank {
			return fmt.Errorf("tensor %q has %d dimensions, must be at most %d", name, len(e.Shape), maxRank)
		}
		count := int64(1)
		for _, s := range e.Shape {
			if s < 0 || (s > 0 && count > MaxFileBytes/int64(s)) {
				return fmt.Errorf("tensor %q has shape %v, which no file of at most %d bytes can hold", name, e.Shape, MaxFileBytes)
			}
			count *= int64(s)
		}
		from, to := e.Offsets[0], e.Offsets[1]
		if from < 0 || to < from || to > size {
			return fmt.Errorf("tensor %q has offsets %d to %d, the data have %d bytes: the file is truncated or damaged", name, from, to, size)
		}
		if to-from != count*width {
			return fmt.Errorf("tensor %q has %d bytes, shape %v of %s needs %d", name, to-from, e.Shape, e.DType, count*width)
		}
		if from != end {
			return fmt.Errorf("tensor %q begins at byte %d, the one before ends at %d: tensors must neither overlap nor leave holes", name, from, end)
		}
		end = to
	}
	if end != size {
		return fmt.Errorf("data have %d bytes, the tensors cover %d", size, end)
	}
	return nil
}

var widths = map[string]int64{"F32": 4, "F64": 8, "F16": 2, "BF16": 2}

func decode(dtype string, b []byte) ([]float32, error) {
	w := int(widths[dtype])
	out := make([]float32, len(b)/w)
	for i := range out {
		p := b[i*w:]
		switch dtype {
		case "F32":
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(p))
		case "F64":
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(p)))
		case "BF16":
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(p)) << 16)
		case "F16":
			out[i] = half(binary.LittleEndian.Uint16(p))
		}
		if v := float64(out[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("value %d is %v as float32, all must be finite", i, v)
		}
	}
	return out, nil
}

// half converts an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exp, frac := float64(1), int(h>>10&31), float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch {
	case exp == 31 && frac == 0:
		return float32(math.Inf(int(sign)))
	case exp == 31:
		return float32(math.NaN())
	case exp == 0:
		return float32(sign * math.Ldexp(frac, -24))
	}
	return float32(sign * math.Ldexp(1+frac/1024, exp-15))
}

// Encode writes the file to memory: tensors sorted by name as F32, metadata sorted by key, the header padded with spaces to eight bytes. The
// same content always gives the same bytes. Names must be distinct, shapes must fit, values must be finite.
func (f *File) Encode() ([]byte, error) {
	ts := slices.Clone(f.Tensors)
	slices.SortFunc(ts, func(a, b Tensor) int { return cmpString(a.Name, b.Name) })
	var head bytes.Buffer
	head.WriteByte('{')
	if len(f.Metadata) > 0 {
		m, err := json.Marshal(f.Metadata) // encoding/json sorts map keys
		if err != nil {
			return nil, fmt.Errorf("safetensors: metadata: %w", err)
		}
		fmt.Fprintf(&head, `"__metadata__":%s`, m)
	}
	at := 0
	for i, t := range ts {
		if err := checkTensor(t, i > 0 && ts[i-1].Name == t.Name); err != nil {
			return nil, fmt.Errorf("safetensors: %w", err)
		}
		name, err := json.Marshal(t.Name)
		if err != nil {
			return nil, fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
		}
		shape, err := json.Marshal(append([]int{}, t.Shape...))
		if err != nil {
			return nil, fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
		}
		if head.Len() > 1 {
			head.WriteByte(',')
		}
		fmt.Fprintf(&head, `%s:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, name, shape, at, at+4*len(t.Data))
		at += 4 * len(t.Data)
	}
	head.WriteByte('}')
	for head.Len()%8 != 0 {
		head.WriteByte(' ')
	}
	if head.Len() > maxHeaderBytes || at > MaxFileBytes-head.Len()-8 {
		return nil, fmt.Errorf("safetensors: header of %d and data of %d bytes, must be at most %d and %d together", head.Len(), at, maxHeaderBytes, MaxFileBytes)
	}
	out := make([]byte, 0, 8+head.Len()+at)
	out = binary.LittleEndian.AppendUint64(out, uint64(head.Len()))
	out = append(out, head.Bytes()...)
	for _, t := range ts {
		for _, v := range t.Data {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out, nil
}

func checkTensor(t Tensor, repeated bool) error {
	if t.Name == "" || t.Name == "__metadata__" || repeated {
		return fmt.Errorf("tensor name %q must be neither empty, __metadata__ nor used twice", t.Name)
	}
	n := 1
	for _, s := range t.Shape {
		n *= s
	}
	if n != len(t.Data) || len(t.Shape) > maxRank {
		return fmt.Errorf("tensor %q has %d values and shape %v, which do not agree or have more than %d dimensions", t.Name, len(t.Data), t.Shape, maxRank)
	}
	for i, v := range t.Data {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("tensor %q: value %d is %v, all must be finite", t.Name, i, v)
		}
	}
	return nil
}

// WriteTo writes what Encode gives.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	b, err := f.Encode()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(b)
	if err != nil {
		return int64(n), fmt.Errorf("safetensors: %w", err)
	}
	return int64(n), nil
}
