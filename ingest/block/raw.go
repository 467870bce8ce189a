package block

import "strconv"

// Raw is the decoder of bare samples, little-endian and interleaved: what a script of five lines can send. Type, channels, rate and scale
// are the fields, unless the message's headers say otherwise. It allocates nothing for a message without headers.
type Raw struct {
	Type     SampleType
	Channels int
	RateHz   float64
	Scale    float64
}

// Decode reads payload into dst, see [Decoder].
func (r *Raw) Decode(dst *Block, payload []byte, h Header) error {
	if len(payload) > MaxPayload {
		return fault(KindSize, "%d bytes; a block has at most %d", len(payload), MaxPayload)
	}
	m := *r
	var flags Flags
	var ns int64
	part, lot, err := tags(h)
	if err == nil && len(h) > 0 {
		flags, ns, err = m.override(h)
	}
	if err != nil {
		return err
	}
	row := m.Channels * m.Type.Size()
	if len(payload)%row != 0 {
		return fault(KindSize, "%d bytes do not hold whole samples of %d channels of %v, %d bytes each", len(payload), m.Channels, m.Type, row)
	}
	if len(payload) == 0 && flags == 0 {
		return fault(KindCount, "no samples and no header %s; a message carries one or the other", HeaderMark)
	}
	samples := readSamples(grow(dst.Samples, len(payload)/m.Type.Size()), payload, m.Type, m.Scale)
	*dst = Block{TimeNS: ns, RateHz: m.RateHz, Flags: flags, Channels: m.Channels, Part: part, Lot: lot, Samples: samples}
	return nil
}

// override takes from the headers what they say.
func (r *Raw) override(h Header) (flags Flags, ns int64, err error) {
	if s := h.Get(HeaderType); s != "" {
		if r.Type, err = ParseSampleType(s); err != nil {
			return 0, 0, err
		}
	}
	if s := h.Get(HeaderChannels); s != "" {
		if r.Channels, err = strconv.Atoi(s); err != nil || r.Channels < 1 || r.Channels > MaxChannels {
			return 0, 0, fault(KindChannels, "header %s is %.40q; allowed are 1 to %d", HeaderChannels, s, MaxChannels)
		}
	}
	if r.RateHz, err = number(h, HeaderRate, r.RateHz); err != nil {
		return 0, 0, err
	}
	if r.Scale, err = number(h, HeaderScale, r.Scale); err != nil {
		return 0, 0, err
	}
	if err := checkRate(r.RateHz); err != nil {
		return 0, 0, err
	}
	if err := checkScale(r.Scale); err != nil {
		return 0, 0, err
	}
	if flags, err = parseMark(h.Get(HeaderMark)); err != nil {
		return 0, 0, fault(KindHeader, "header %s: %v", HeaderMark, err)
	}
	if ns, err = parseTime(h.Get(HeaderTime)); err != nil {
		return 0, 0, fault(KindHeader, "header %s: %v", HeaderTime, err)
	}
	return flags, ns, nil
}

// number is the value of a header, or usual when it is not there.
func number(h Header, key string, usual float64) (float64, error) {
	s := h.Get(key)
	if s == "" {
		return usual, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fault(KindHeader, "header %s is %.40q; write a number", key, s)
	}
	return v, nil
}
