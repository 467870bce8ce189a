package block

import (
	"bytes"
	"encoding/json"
	"math"
)

// JSON is the decoder of JSON texts, for gateways and slow meters. A message is an object
//
//	{"t": "2026-03-01T12:00:00.5Z", "v": {"current_a": 12.5, "voltage_v": 24}}
//
// with v, and with t (RFC 3339 with its zone, or seconds since 1970 UTC), part, lot and mark (begin, end or begin,end) if they are known; or
// v alone. Forms of v:
//
//	{"current_a": 1, "voltage_v": 2}             one sample of each channel by name; names that are not the stream's are passed over
//	{"current_a": [1, 2], "voltage_v": [3, 4]}   the same with several samples
//	[[1, 3], [2, 4]]                             one row of all channels per sample
//	[1, 2]                                       samples of a stream of one channel, or one sample of each channel
//	1                                            one sample of a stream of one channel
//
// null is a sample that is not there and becomes NaN. It allocates.
type JSON struct {
	Names  []string // of the channels, in order
	RateHz float64
}

// message is the outer object.
type message struct {
	T    json.RawMessage `json:"t"`
	V    json.RawMessage `json:"v"`
	Part string          `json:"part"`
	Lot  string          `json:"lot"`
	Mark string          `json:"mark"`
}

// Decode reads payload into dst, see [Decoder].
func (j *JSON) Decode(dst *Block, payload []byte, h Header) error {
	if len(payload) > MaxPayload {
		return fault(KindSize, "%d bytes; a message has at most %d", len(payload), MaxPayload)
	}
	part, lot, err := tags(h)
	if err != nil {
		return err
	}
	m := message{V: bytes.TrimSpace(payload)}
	if len(m.V) > 0 && m.V[0] == '{' {
		m.V = nil
		if err := json.Unmarshal(payload, &m); err != nil {
			return fault(KindSyntax, "not a message in JSON: %v", err)
		}
	}
	b := Block{RateHz: j.RateHz, Channels: len(j.Names), Part: m.Part, Lot: m.Lot, Samples: dst.Samples[:0]}
	if b.Part == "" {
		b.Part = part
	}
	if b.Lot == "" {
		b.Lot = lot
	}
	if err := checkText("part", b.Part); err != nil {
		return err
	}
	if err := checkText("lot", b.Lot); err != nil {
		return err
	}
	if b.Flags, err = parseMark(m.Mark); err != nil {
		return fault(KindSyntax, "%v", err)
	}
	if b.TimeNS, err = j.time(m.T); err != nil {
		return err
	}
	if len(m.V) > 0 {
		if b.Samples, err = j.values(m.V); err != nil {
			return err
		}
	}
	if len(b.Samples) == 0 && b.Flags == 0 {
		return fault(KindCount, `no samples in "v" and no "mark"; a message carries one or the other`)
	}
	*dst = b
	return nil
}

func (j *JSON) time(t json.RawMessage) (int64, error) {
	if len(t) == 0 || string(t) == "null" {
		return 0, nil
	}
	s := string(t)
	if s[0] == '"' {
		if err := json.Unmarshal(t, &s); err != nil {
			return 0, fault(KindSyntax, "time: %v", err)
		}
	}
	ns, err := parseTime(s)
	if err != nil {
		return 0, fault(KindSyntax, "%v", err)
	}
	return ns, nil
}

// values reads any form of v into interleaved samples.
func (j *JSON) values(v json.RawMessage) ([]float32, error) {
	switch v[0] {
	case '{':
		return j.byName(v)
	case '[':
		var flat []*float64
		if json.Unmarshal(v, &flat) != nil {
			var rows [][]*float64
			if err := json.Unmarshal(v, &rows); err != nil {
				return nil, fault(KindSyntax, "an array holds something else than numbers or rows of numbers: %v", err)
			}
			return j.rows(rows)
		}
		if len(j.Names) > 1 && len(flat) != len(j.Names) {
			return nil, fault(KindChannels, "%d values for %d channels; send one of each, or rows", len(flat), len(j.Names))
		}
		return appendRow(make([]float32, 0, len(flat)), flat), nil
	}
	var one *float64
	if err := json.Unmarshal(v, &one); err != nil {
		return nil, fault(KindSyntax, "neither a number, an array nor an object: %v", err)
	}
	if len(j.Names) != 1 {
		return nil, fault(KindChannels, "one value for %d channels", len(j.Names))
	}
	return []float32{single(one)}, nil
}

func (j *JSON) rows(rows [][]*float64) ([]float32, error) {
	if len(rows)*len(j.Names) > MaxPayload {
		return nil, fault(KindSize, "%d rows of %d channels are too many", len(rows), len(j.Names))
	}
	s := make([]float32, 0, len(rows)*len(j.Names))
	for i, row := range rows {
		if len(row) != len(j.Names) {
			return nil, fault(KindChannels, "row %d has %d values for %d channels", i, len(row), len(j.Names))
		}
		s = appendRow(s, row)
	}
	return s, nil
}

// byName interleaves what stands under the channels' names.
func (j *JSON) byName(v json.RawMessage) ([]float32, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(v, &all); err != nil {
		return nil, fault(KindSyntax, "values by name: %v", err)
	}
	var s []float32
	count := 0
	for c, name := range j.Names {
		raw, ok := all[name]
		if !ok {
			return nil, fault(KindChannels, "no value for channel %q", name)
		}
		col := make([]*float64, 1)
		if raw[0] == '[' {
			col = nil
			if err := json.Unmarshal(raw, &col); err != nil {
				return nil, fault(KindSyntax, "channel %q: %v", name, err)
			}
		} else if err := json.Unmarshal(raw, &col[0]); err != nil {
			return nil, fault(KindSyntax, "channel %q: %v", name, err)
		}
		if c == 0 {
			count = len(col)
			s = make([]float32, count*len(j.Names))
		}
		if len(col) != count {
			return nil, fault(KindCount, "channel %q has %d values where %q has %d", name, len(col), j.Names[0], count)
		}
		for i, x := range col {
			s[i*len(j.Names)+c] = single(x)
		}
	}
	return s, nil
}

func appendRow(dst []float32, row []*float64) []float32 {
	for _, x := range row {
		dst = append(dst, single(x))
	}
	return dst
}

// single is x in single precision; nothing becomes NaN.
func single(x *float64) float32 {
	if x == nil {
		return float32(math.NaN())
	}
	return float32(*x)
}
