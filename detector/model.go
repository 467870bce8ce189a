package detector

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"crackle/detector/member"
	"crackle/detector/panel"
	"crackle/rnn"
)

// metaKey is where a model file keeps the detector's metadata, beside the network's own.
const metaKey = "crackle.detector"

// format is the version of Meta. A file of a later version is refused. Format 1 held a network alone, whose score counts as it is.
const (
	format     = 2
	formatGRU1 = 1
)

// Meta is what a model file says beside its tensors.
type Meta struct {
	Format       int             `json:"format"`
	Stream       string          `json:"stream"`
	Conditioning json.RawMessage `json:"conditioning"` // how samples became features; a stream must be conditioned the same way
	Features     []string        `json:"features"`
	Units        []string        `json:"units,omitempty"` // per feature
	Scaler       Scaler          `json:"scaler"`
	Increment    bool            `json:"increment"` // the network predicts the change of the features, not their value
	Warmup       int             `json:"warmup"`    // windows after a fresh start that only prime the members
	Members      []string        `json:"members,omitempty"`
	Absent       []panel.Absence `json:"absent,omitempty"` // members that could not learn, and why
	Limit        float64         `json:"limit,omitempty"`  // of the score
	Promise      panel.Promise   `json:"promise,omitzero"`
	Report       panel.Report    `json:"report,omitzero"`
	Allowed      []float64       `json:"allowed,omitempty"` // format 1 alone, per feature: the deviation from its prediction that scores 1
	MinChange    []float64       `json:"min_change"`
	Provisional  string          `json:"provisional,omitempty"` // why the limit supports no false-alarm rate; empty when it does
	Digest       string          `json:"digest"`                // SHA-256 of what was learned, so that a flipped bit is noticed
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
	HeldRows      int       `json:"held_rows"`          // windows that were scored to calibrate
	HeldGroups    int       `json:"held_groups"`        // independent lots or parts among them
	Skipped       int       `json:"skipped"`            // windows left out for their defects
	Outliers      int       `json:"outliers,omitempty"` // windows left out because they are recognisably bad
	Epochs        int       `json:"epochs"`
	FitLoss       float64   `json:"fit_loss"`
	NoAlarmBetter float64   `json:"no_alarm_better"` // at 95 %, no less than this share of good windows can be promised not to alarm: 3 / held_rows
}

// Model is a taught panel with all that is needed to score with it. It is not changed after Teach or ParseModel and may be shared.
type Model struct {
	Meta
	file *rnn.File // what the panel learned
	hash string
}

// Hash is the first 12 hexadecimal digits of the SHA-256 of the model file.
func (m *Model) Hash() string { return m.hash }

// Encode writes the model file. The same model gives the same bytes.
func (m *Model) Encode() ([]byte, error) {
	said := m.Meta // a copy: a model may be shared
	var err error
	if said.Digest, err = m.digest(); err != nil {
		return nil, err
	}
	meta, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("model metadata: %w", err)
	}
	f := &rnn.File{Tensors: m.file.Tensors, Metadata: maps.Clone(m.file.Metadata)}
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
	m := &Model{hash: hash(b), file: f}
	var first struct { // the rest of a later version may be of other types
		Format int `json:"format"`
		Record struct{ Code string }
	}
	if err := json.Unmarshal([]byte(text), &first); err == nil && first.Format != format && first.Format != formatGRU1 {
		return nil, fmt.Errorf("model format is %d, written by crackle %s; this program reads %d and %d: use the version that wrote it, or teach anew",
			first.Format, cmp.Or(first.Record.Code, "(unknown)"), formatGRU1, format)
	}
	if err := json.Unmarshal([]byte(text), &m.Meta); err != nil {
		return nil, fmt.Errorf("model metadata %q: %w", metaKey, err)
	}
	got, err := m.digest()
	if err != nil {
		return nil, err
	}
	if got != m.Digest {
		return nil, fmt.Errorf("model file is damaged: what was learned has the digest %.12s, its metadata says %.12s; take it from a backup, or teach anew", got, m.Digest)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	_, err = m.Panel()
	return m, err
}

// Panel makes the members anew, fresh, for one goroutine.
func (m *Model) Panel() (*panel.Panel, error) {
	if m.Format == formatGRU1 {
		w, err := m.file.Weights()
		if err != nil {
			return nil, err
		}
		g, err := member.RestoreGRU(member.GRUConfig{Warmup: m.Warmup, Increment: m.Increment}, m.Scaler.Median, m.Scaler.Spread, m.Allowed, w)
		if err != nil {
			return nil, err
		}
		return panel.Plain(g, m.Warmup, m.MinChange), nil
	}
	p, err := panel.Load(m.file)
	if err != nil {
		return nil, err
	}
	if p.Width() != len(m.Features) || p.Warmup() != m.Warmup {
		return nil, fmt.Errorf("model panel is of %d features with a warm-up of %d, its metadata says %d and %d", p.Width(), p.Warmup(), len(m.Features), m.Warmup)
	}
	return p, nil
}

// Scale is the limit of the score, and the unit of both: of format 1 times the deviation allowed, else -log10 of a probability, which has none.
func (m *Model) Scale() (limit float64, unit string) {
	if m.Format == formatGRU1 {
		return 1, "×"
	}
	return m.Limit, ""
}

// digest hashes what was learned.
func (m *Model) digest() (string, error) {
	if m.Format != formatGRU1 {
		return panel.Digest(m.file), nil
	}
	w, err := m.file.Weights()
	if err != nil {
		return "", err
	}
	return digest(w), nil
}

// digest hashes every parameter in their fixed order, as format 1 does.
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
	d := len(m.Features)
	var errs []error
	for _, l := range []struct {
		name string
		v    []float64
	}{{"scaler.median", m.Scaler.Median}, {"scaler.spread", m.Scaler.Spread}, {"allowed", m.Allowed}, {"min_change", m.MinChange}} {
		if none := l.name == "allowed" && m.Format == format && len(l.v) == 0; len(l.v) != d && !none {
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
