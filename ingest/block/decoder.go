package block

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Names of the message headers that Crackle reads. A block of the block encoding needs none of them.
const (
	HeaderEncoding = "Crackle-Encoding" // block, raw or json
	HeaderPart     = "Crackle-Part"     // part of the samples, where the message itself names none
	HeaderLot      = "Crackle-Lot"      // and their lot
	HeaderMark     = "Crackle-Mark"     // raw: "begin", "end" or "begin,end" of the part; the message may be empty then
	HeaderType     = "Crackle-Type"     // raw: i16, i24, i32, f32 or f64
	HeaderChannels = "Crackle-Channels" // raw
	HeaderRate     = "Crackle-Rate"     // raw: Hz
	HeaderScale    = "Crackle-Scale"    // raw: value of one step
	HeaderTime     = "Crackle-Time"     // raw: of the first sample, RFC 3339 or seconds since 1970 UTC
)

// Header holds the headers of a message as the transport gave them. A nats.Header converts to it.
type Header map[string][]string

// Get is the first value of key, empty when there is none. Keys are compared as they are written.
func (h Header) Get(key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Decoder reads one encoding. Decode has the contract of the function [Decode], except that another encoding than block may allocate. An
// encoding that carries no sample index leaves dst.Run 0, and the receiver then numbers the samples; TimeNS 0 means that no time came along.
type Decoder interface {
	Decode(dst *Block, payload []byte, h Header) error
}

// DecoderConfig is what a stream's configuration knows about its messages.
type DecoderConfig struct {
	Encoding string     // block, raw or json; empty: block
	Names    []string   // of the channels, in order
	RateHz   float64    // samples per second and channel
	Type     SampleType // raw: 0 means f32
	Scale    float64    // raw: value of one step; 0 means 1
}

// NewDecoder reads a stream's messages: by their Crackle-Encoding header, else as cfg says. It fails on a cfg that cannot work.
func NewDecoder(cfg DecoderConfig) (Decoder, error) {
	if len(cfg.Names) < 1 || len(cfg.Names) > MaxChannels {
		return nil, fault(KindChannels, "%d channels; allowed are 1 to %d", len(cfg.Names), MaxChannels)
	}
	if err := checkRate(cfg.RateHz); err != nil {
		return nil, err
	}
	if cfg.Type == 0 {
		cfg.Type = F32
	}
	if cfg.Scale == 0 {
		cfg.Scale = 1
	}
	if err := checkScale(cfg.Scale); err != nil {
		return nil, err
	}
	if cfg.Type.Size() == 0 {
		return nil, fault(KindType, "sample type %d does not exist", cfg.Type)
	}
	a := &auto{
		raw:  Raw{Type: cfg.Type, Channels: len(cfg.Names), RateHz: cfg.RateHz, Scale: cfg.Scale},
		json: JSON{Names: cfg.Names, RateHz: cfg.RateHz},
	}
	var err error
	if a.usual, err = a.choose(cfg.Encoding); err != nil {
		return nil, err
	}
	return a, nil
}

// auto chooses the decoder of each message.
type auto struct {
	raw   Raw
	json  JSON
	usual Decoder
}

func (a *auto) choose(encoding string) (Decoder, error) {
	switch encoding {
	case "", "block":
		return Binary{}, nil
	case "raw":
		return &a.raw, nil
	case "json":
		return &a.json, nil
	}
	return nil, fault(KindHeader, "encoding %q; allowed are block, raw and json", encoding)
}

func (a *auto) Decode(dst *Block, payload []byte, h Header) error {
	d := a.usual
	if name := h.Get(HeaderEncoding); name != "" {
		var err error
		if d, err = a.choose(name); err != nil {
			return err
		}
	}
	return d.Decode(dst, payload, h)
}

// Binary is the decoder of the block encoding.
type Binary struct{}

// Decode is the function [Decode]; headers name part and lot when the message does not.
func (Binary) Decode(dst *Block, payload []byte, h Header) error {
	if len(h) == 0 {
		return Decode(dst, payload)
	}
	part, lot, err := tags(h)
	if err != nil {
		return err
	}
	if err := Decode(dst, payload); err != nil {
		return err
	}
	if dst.Part == "" {
		dst.Part = part
	}
	if dst.Lot == "" {
		dst.Lot = lot
	}
	return nil
}

// tags are part and lot by the headers.
func tags(h Header) (part, lot string, err error) {
	part, lot = h.Get(HeaderPart), h.Get(HeaderLot)
	if err := checkText("header "+HeaderPart, part); err != nil {
		return "", "", err
	}
	return part, lot, checkText("header "+HeaderLot, lot)
}

func checkRate(hz float64) error {
	if !(hz > 0) || math.IsInf(hz, 1) {
		return fault(KindRate, "rate %v Hz; it must be finite and above 0", hz)
	}
	return nil
}

func checkScale(s float64) error {
	if s == 0 || math.IsNaN(s) || math.IsInf(s, 0) {
		return fault(KindScale, "scale %v; it must be finite and not 0", s)
	}
	return nil
}

// parseMark reads the marks of a part.
func parseMark(s string) (Flags, error) {
	switch s {
	case "":
		return 0, nil
	case "begin":
		return PartBegin, nil
	case "end":
		return PartEnd, nil
	case "begin,end":
		return PartBegin | PartEnd, nil
	}
	return 0, fmt.Errorf("mark %q; allowed are begin, end and begin,end", s)
}

// parseTime reads a time as RFC 3339 or as seconds since 1970 UTC, into ns. Empty is 0.
func parseTime(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return timeNS(t)
	}
	sec, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("time %q; write RFC 3339 with its zone, or seconds since 1970 UTC", s)
	}
	return secondsNS(sec)
}

func timeNS(t time.Time) (int64, error) {
	if y := t.Year(); y < 1700 || y > 2200 { // the range of 64 bits of ns
		return 0, fmt.Errorf("time %v is outside the years 1700 to 2200", t)
	}
	return t.UnixNano(), nil
}

func secondsNS(sec float64) (int64, error) {
	if !(math.Abs(sec) < 7e9) {
		return 0, fmt.Errorf("time of %v s since 1970 is outside the years 1700 to 2200", sec)
	}
	whole, part := math.Modf(sec)
	return int64(whole)*1e9 + int64(math.Round(part*1e9)), nil
}
