package panel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"crackle/detector/limit"
	"crackle/rnn"
	"crackle/rnn/kernel"
)

// MetaKey is where a model file keeps a panel: what its members learned, their calibration, and the configuration of their networks. The
// network of the member gru is the file's own; tensors of others have the member's name before theirs.
const MetaKey = "crackle.panel"

type panelFile struct {
	Members   []memberFile `json:"members"`
	Absent    []Absence    `json:"absent,omitempty"`
	Largest   *limit.Tail  `json:"largest"`
	Limit     float64      `json:"limit"`
	Follow    *following   `json:"follow,omitempty"`
	Promise   Promise      `json:"promise"`
	Regime    *regimeFile  `json:"regime,omitempty"`
	Warmup    int          `json:"warmup"`
	MinChange []float64    `json:"min_change"`
}

type memberFile struct {
	Name    string          `json:"name"`
	Learned json.RawMessage `json:"learned"`
	Network *rnn.Config     `json:"network,omitempty"` // of tensors with the member's name
	Tail    *limit.Tail     `json:"tail"`
}

// own is the member whose network is the file's.
const own = "gru"

// File puts the panel into a model file. Metadata of other packages may be added to it.
func (p *Panel) File() (*rnn.File, error) {
	f := &rnn.File{Metadata: map[string]string{rnn.MetaKernel: kernel.Name()}}
	said := panelFile{Absent: p.absent, Largest: p.largest, Limit: p.limit, Follow: p.follow, Promise: p.promise, Warmup: p.warmup, MinChange: p.change}
	if p.regime != nil {
		said.Regime = p.regime.file()
	}
	for _, s := range p.seats {
		m := memberFile{Name: s.Name(), Tail: s.tail}
		var err error
		if m.Learned, err = s.MarshalJSON(); err != nil {
			return nil, fmt.Errorf("member %s: %w", m.Name, err)
		}
		if n, ok := s.Kept.(networked); ok {
			if err := addNetwork(f, &m, n.Weights()); err != nil {
				return nil, fmt.Errorf("member %s: %w", m.Name, err)
			}
		}
		said.Members = append(said.Members, m)
	}
	text, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	f.Metadata[MetaKey] = string(text)
	slices.SortFunc(f.Tensors, func(a, b rnn.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

func addNetwork(f *rnn.File, m *memberFile, w *rnn.Weights) error {
	g, err := w.File()
	if err != nil {
		return err
	}
	if m.Name == own {
		f.Metadata[rnn.MetaConfig] = g.Metadata[rnn.MetaConfig]
		f.Tensors = append(f.Tensors, g.Tensors...)
		return nil
	}
	m.Network = &w.Config
	for _, t := range g.Tensors {
		t.Name = m.Name + "." + t.Name
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

// Load takes the panel out of a model file, fresh. The file is checked before anything of it is used.
func Load(f *rnn.File) (*Panel, error) {
	var said panelFile
	if err := json.Unmarshal([]byte(f.Metadata[MetaKey]), &said); err != nil {
		return nil, fmt.Errorf("panel: metadata %q: %w", MetaKey, err)
	}
	p := &Panel{absent: said.Absent, largest: said.Largest, limit: said.Limit, follow: said.Follow, promise: said.Promise, warmup: said.Warmup, change: said.MinChange}
	if len(said.Members) == 0 || len(said.Members) > len(kinds) || !(p.limit > 0) || math.IsInf(p.limit, 0) || p.largest == nil || p.warmup < 0 {
		return nil, fmt.Errorf("panel: %d members, limit %v, warm-up %d: members must be 1 to %d with a tail of the largest, the limit above 0, the warm-up not below", len(said.Members), p.limit, p.warmup, len(kinds))
	}
	for _, m := range said.Members {
		s, err := m.seat(f)
		if err != nil {
			return nil, fmt.Errorf("panel: member %q: %w", m.Name, err)
		}
		if s.Width() != len(p.change) || p.Member(m.Name) != nil {
			return nil, fmt.Errorf("panel: member %q is of %d features, must be of %d and once only", m.Name, s.Width(), len(p.change))
		}
		p.seats = append(p.seats, s)
	}
	if f := p.follow; f != nil && (!(f.Rows >= 0) || f.Rows > mostRows) {
		return nil, fmt.Errorf("panel: %v rows with an alarm, must be 0 to %d", f.Rows, mostRows)
	}
	if p.follow != nil && p.follow.Level != nil {
		l := p.follow.Level
		if err := l.check(len(p.change)); err != nil {
			return nil, err
		}
		p.follow.Level = newGround(l.Home, l.Width)
		copy(p.follow.Level.Start, l.Start)
	}
	if said.Regime != nil {
		var err error
		if p.regime, err = said.Regime.regime(len(p.change)); err != nil {
			return nil, err
		}
	}
	return p.ready()
}

func (m *memberFile) seat(f *rnn.File) (seat, error) {
	k, ok := kindOf(m.Name)
	if !ok {
		return seat{}, fmt.Errorf("unknown; this program knows %s: use the version that wrote the file, or teach anew", strings.Join(Names(), ", "))
	}
	if m.Tail == nil {
		return seat{}, fmt.Errorf("no tail")
	}
	s := seat{Kept: k.empty(), tail: m.Tail}
	if err := s.UnmarshalJSON(m.Learned); err != nil {
		return seat{}, err
	}
	n, ok := s.Kept.(networked)
	if !ok {
		return s, nil
	}
	g, err := m.tensors(f)
	if err != nil {
		return seat{}, err
	}
	w, err := g.Weights()
	if err != nil {
		return seat{}, err
	}
	return s, n.SetWeights(w)
}

// tensors are those of the member's network, as a file of its own.
func (m *memberFile) tensors(f *rnn.File) (*rnn.File, error) {
	if m.Name == own {
		return f, nil
	}
	if m.Network == nil {
		return nil, fmt.Errorf("its network's configuration is missing")
	}
	config, err := json.Marshal(m.Network)
	if err != nil {
		return nil, err
	}
	g := &rnn.File{Metadata: map[string]string{rnn.MetaConfig: string(config)}}
	for _, t := range f.Tensors {
		if name, ok := strings.CutPrefix(t.Name, m.Name+"."); ok {
			t.Name = name
			g.Tensors = append(g.Tensors, t)
		}
	}
	return g, nil
}

// Digest hashes all that a panel's file holds beside the metadata of others, so that a flipped bit is noticed.
func Digest(f *rnn.File) string {
	h := sha256.New()
	h.Write([]byte(f.Metadata[MetaKey]))
	h.Write([]byte(f.Metadata[rnn.MetaConfig]))
	var b []byte
	for _, t := range f.Tensors {
		b = append(b[:0], t.Name...)
		for _, v := range t.Data {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
