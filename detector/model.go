package detector

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"crackle/rnn"
)

// metaKey is where a model file keeps the detector's metadata, beside the network's own.
const metaKey = "crackle.detector"

// format is the version of Meta. A file of a later version is refused.
const format = 1

// Meta is what a model file says beside its tensors.
type Meta struct {
	Format       int             `json:"format"`
	Stream       string          `json:"stream"`
	Conditioning json.RawMessage `json:"conditioning"` // how samples became features; a stream must be conditioned the same way
	Features     []string        `json:"features"`
	Units        []string        `json:"units,omitempty"` // per feature
	Scaler       Scaler          `json:"scaler"`
	Increment    bool            `json:"increment"` // the network predicts the change of the features, not their value
	Warmup       int             `json:"warmup"`    // windows after a fresh start that only prime the network
	Allowed      []float64       `json:"allowed"`   // per feature: the deviation from its prediction that scores 1
	MinChange    []float64       `json:"min_change"`
	Provisional  string          `json:"provisional,omitempty"` // why the limit supports no false-alarm rate; empty when it does
	Digest       string          `json:"digest"`                // SHA-256 of the tensors, so that a flipped bit is noticed
	Record       Record          `json:"record"`
}

// Record says what a model was taught from and how.
type Record struct {
	Created       time.Time `json:"created"`
	Code          string    `json:"code"` // version of the program
	Kernel        string    `json:"kernel"`
	Seed          uint64    `json:"seed"`
	SplitBy       string    `json:"split_by"` // lot, part or time
	FitParts      []string  `json:"fit_parts"`
	HeldParts     []string  `json:"held_parts"`
	FitRows       int       `json:"fit_rows"`
	HeldRows      int       `json:"held_rows"`   // windows that were scored to calibrate
	HeldGroups    int       `json:"held_groups"` // independent lots or parts among them
	Skipped       int       `json:"skipped"`     // windows left out for their defects
	Epochs        int       `json:"epochs"`
	FitLoss       float64   `json:"fit_loss"`
	NoAlarmBetter float64   `json:"no_alarm_better"` // at 95 %, no less than this share of good windows can be promised not to alarm: 3 / held_rows
}

// Model is a taught network with all that is needed to score with it. It is not changed after Teach or ParseModel and may be shared.
type Model struct {
	Meta
	Weights *rnn.Weights
	hash    string
}

// Hash is the first 12 hexadecimal digits of the SHA-256 of the model file.
func (m *Model) Hash() string { return m.hash }

// Encode writes the model file. The same model gives the same bytes.
func (m *Model) Encode() ([]byte, error) {
	f, err := m.Weights.File()
	if err != nil {
		return nil, err
	}
	said := m.Meta // a copy: a model may be shared
	said.Digest = digest(m.Weights)
	meta, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("model metadata: %w", err)
	}
	f.Metadata[metaKey] = string(meta)
	f.Metadata[rnn.MetaKernel] = m.Record.Kernel
	return f.Encode()
}

// ParseModel reads a model file. It is checked whole before anything of it is used.
func ParseModel(b []byte) (*Model, error) {
	f, err := rnn.ParseFile(b)
	if err != nil {
		return nil, err
	}
	text, ok := f.Metadata[metaKey]
	if !ok {
		return nil, fmt.Errorf("model file has no metadata %q: it holds a network but not how its features were made; teach a model with `crackle train`", metaKey)
	}
	m := &Model{hash: hash(b)}
	if err := json.Unmarshal([]byte(text), &m.Meta); err != nil {
		return nil, fmt.Errorf("model metadata %q: %w", metaKey, err)
	}
	if m.Weights, err = f.Weights(); err != nil {
		return nil, err
	}
	if got := digest(m.Weights); got != m.Digest {
		return nil, fmt.Errorf("model file is damaged: its tensors have the digest %.12s, its metadata says %.12s; take it from a backup, or teach anew", got, m.Digest)
	}
	return m, m.check()
}

// digest hashes every parameter in their fixed order.
func digest(w *rnn.Weights) string {
	h := sha256.New()
	var b []byte
	for _, p := range w.Params() {
		b = b[:0]
		for _, v := range p.Data {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:6])
}

// check reports everything that keeps the model from scoring.
func (m *Model) check() error {
	if m.Format != format {
		return fmt.Errorf("model format is %d, this program reads %d: use the version that wrote it, or teach anew", m.Format, format)
	}
	d := len(m.Features)
	var errs []error
	for _, l := range []struct {
		name string
		v    []float64
	}{{"scaler.median", m.Scaler.Median}, {"scaler.spread", m.Scaler.Spread}, {"allowed", m.Allowed}, {"min_change", m.MinChange}} {
		if len(l.v) != d {
			errs = append(errs, fmt.Errorf("model %s has %d values for %d features", l.name, len(l.v), d))
		}
		if slices.ContainsFunc(l.v, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			errs = append(errs, fmt.Errorf("model %s holds a value that is not finite", l.name))
		}
	}
	for _, v := range append(slices.Clone(m.Scaler.Spread), m.Allowed...) {
		if !(v > 0) {
			errs = append(errs, fmt.Errorf("model scaler.spread or allowed holds %g, must be above 0", v))
			break
		}
	}
	c := m.Weights.Config
	if c.Input != d || c.Width() != d || c.Head != rnn.HeadLinear || c.Bidirectional {
		errs = append(errs, fmt.Errorf("model network maps %d inputs to %d outputs (head %q, bidirectional %v), must map its %d features to themselves, linearly and forward in time",
			c.Input, c.Width(), c.Head, c.Bidirectional, d))
	}
	if m.Warmup < 1 {
		errs = append(errs, fmt.Errorf("model warmup is %d windows, must be 1 or more", m.Warmup))
	}
	return errors.Join(errs...)
}

// Contradictions lists the keys in which a stream's conditioning differs from the one the model was taught with, as "key: stream …, model …".
func (m *Model) Contradictions(conditioning json.RawMessage) ([]string, error) {
	var ours, theirs any
	if err := json.Unmarshal(m.Conditioning, &ours); err != nil {
		return nil, fmt.Errorf("model conditioning: %w", err)
	}
	if err := json.Unmarshal(conditioning, &theirs); err != nil {
		return nil, fmt.Errorf("stream conditioning: %w", err)
	}
	var out []string
	differ("", theirs, ours, &out)
	slices.Sort(out)
	return out, nil
}

func differ(path string, stream, model any, out *[]string) {
	a, okA := stream.(map[string]any)
	b, okB := model.(map[string]any)
	if okA && okB {
		for k := range a {
			differ(join(path, k), a[k], b[k], out)
		}
		for k := range b {
			if _, ok := a[k]; !ok {
				differ(join(path, k), nil, b[k], out)
			}
		}
		return
	}
	x, _ := json.Marshal(stream)
	y, _ := json.Marshal(model)
	if !bytes.Equal(x, y) {
		*out = append(*out, fmt.Sprintf("%s: stream %s, model %s", path, x, y))
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
