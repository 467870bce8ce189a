package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"crackle/ingest/block"
)

const (
	magic      = "CRKLEVD1"
	version    = 1
	maxHeader  = 32 << 20
	maxPack    = 1 << 30
	maxRows    = 1 << 20 // segments, windows
	maxColumns = 4096    // features
)

// ErrFormat is returned for bytes that are no pack, or a damaged one.
var ErrFormat = errors.New("no valid evidence pack")

type header struct {
	Pack     *Pack    `json:"pack"`
	Sections [4]int64 `json:"sections"` // bytes
}

// Encode writes a pack. It fails when the pack contradicts itself, as Decode would.
func Encode(p *Pack) ([]byte, error) {
	q := *p
	q.Version = version
	if err := q.check(); err != nil {
		return nil, err
	}
	var features []float32
	for i := range q.Windows {
		features = append(features, q.Windows[i].Features...)
	}
	h := header{Pack: &q, Sections: [4]int64{4 * int64(len(q.Raw.Samples)), 4 * int64(len(q.Conditioned.Samples)), 4 * int64(len(features)), int64(len(q.Start.State))}}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("evidence: write the header: %w", err)
	}
	size := int64(len(magic)+4+len(head)+sha256.Size) + h.Sections[0] + h.Sections[1] + h.Sections[2] + h.Sections[3]
	if len(head) > maxHeader || size > maxPack {
		return nil, fmt.Errorf("evidence: pack of %d bytes with a header of %d; allowed are up to %d and %d", size, len(head), maxPack, maxHeader)
	}
	b := make([]byte, 0, size)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = append(b, head...)
	for _, row := range [][]float32{q.Raw.Samples, q.Conditioned.Samples, features} {
		for _, v := range row {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	b = append(b, q.Start.State...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// Decode reads a pack and checks all of it. The pack shares nothing with b. An error wraps ErrFormat.
func Decode(b []byte) (*Pack, error) {
	wrong := func(format string, args ...any) (*Pack, error) {
		return nil, fmt.Errorf("evidence: %w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
	least := len(magic) + 4 + sha256.Size
	if len(b) < least || len(b) > maxPack || string(b[:len(magic)]) != magic {
		return wrong("%d bytes that do not begin with %s; allowed are %d to %d", len(b), magic, least, maxPack)
	}
	body := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], b[len(body):]) {
		return wrong("its check sum does not fit")
	}
	rest := body[len(magic)+4:]
	n := binary.LittleEndian.Uint32(body[len(magic):])
	if n > maxHeader || int(n) > len(rest) {
		return wrong("header of %d bytes in a file of %d", n, len(b))
	}
	var h header
	if err := json.Unmarshal(rest[:n], &h); err != nil {
		return wrong("header: %v", err)
	}
	p, rest := h.Pack, rest[n:]
	if p == nil || p.Version < 1 || p.Version > version {
		return wrong("pack missing or of a version other than 1 to %d", version)
	}
	var total int64
	for _, s := range h.Sections {
		if s < 0 || s > maxPack {
			return wrong("section of %d bytes", s)
		}
		total += s
	}
	if total != int64(len(rest)) || h.Sections[0]%4 != 0 || h.Sections[1]%4 != 0 || h.Sections[2]%4 != 0 {
		return wrong("sections of %v bytes where there are %d", h.Sections, len(rest))
	}
	p.Raw.Samples, rest = floats(rest, h.Sections[0])
	p.Conditioned.Samples, rest = floats(rest, h.Sections[1])
	features, rest := floats(rest, h.Sections[2])
	for i := range p.Windows {
		w := &p.Windows[i]
		w.Stream = p.Alarm.Stream
		if w.Features == nil {
			continue
		}
		if len(features) < len(p.Features) {
			return wrong("features end before window %d", i)
		}
		w.Features, features = features[:len(p.Features):len(p.Features)], features[len(p.Features):]
	}
	if len(features) > 0 {
		return wrong("%d features belong to no window", len(features))
	}
	p.Start.State = append([]byte{}, rest...)
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

func floats(b []byte, n int64) ([]float32, []byte) {
	out := make([]float32, n/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out, b[n:]
}

// check holds what belongs together against each other.
func (p *Pack) check() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("evidence: %w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
	if p.Alarm.ID == "" {
		return wrong("it names no alarm")
	}
	for name, s := range map[string]*Signal{"raw": &p.Raw, "conditioned": &p.Conditioned} {
		if len(s.Channels) > block.MaxChannels || len(s.Segments) > maxRows || !(s.RateHz >= 0) || math.IsInf(s.RateHz, 0) {
			return wrong("%s signal of %d channels at %g Hz in %d segments", name, len(s.Channels), s.RateHz, len(s.Segments))
		}
		var n int64
		for _, g := range s.Segments {
			if g.Count < 0 || int64(g.Count) > maxPack || g.First+uint64(g.Count) < g.First {
				return wrong("%s segment at %d of %d samples", name, g.First, g.Count)
			}
			n += int64(g.Count)
		}
		if n*int64(len(s.Channels)) != int64(len(s.Samples)) {
			return wrong("%s segments of %d samples on %d channels where there are %d values", name, n, len(s.Channels), len(s.Samples))
		}
	}
	if len(p.Features) > maxColumns || len(p.Windows) > maxRows {
		return wrong("%d windows of %d features", len(p.Windows), len(p.Features))
	}
	for i := range p.Windows {
		if n := len(p.Windows[i].Features); n != 0 && n != len(p.Features) {
			return wrong("window %d has %d features of %d", i, n, len(p.Features))
		}
	}
	return nil
}
