package block

import (
	"encoding/binary"
	"math"
	"unicode"
	"unicode/utf8"
)

// HeaderSize is the length of the fixed header in bytes.
const HeaderSize = 64

const (
	magic   = "CRKB"
	version = 1
)

// SampleType is how a sample is written on the wire.
type SampleType uint8

const (
	I16 SampleType = 1 + iota // 16-bit integer
	I24                       // 24-bit integer, packed
	I32                       // 32-bit integer
	F32                       // IEEE 754 single precision
	F64                       // IEEE 754 double precision
)

var typeSizes = [...]int{I16: 2, I24: 3, I32: 4, F32: 4, F64: 8}
var typeNames = [...]string{I16: "i16", I24: "i24", I32: "i32", F32: "f32", F64: "f64"}

// Size is the number of bytes of one sample, 0 for a type that does not exist.
func (t SampleType) Size() int {
	if int(t) < len(typeSizes) {
		return typeSizes[t]
	}
	return 0
}

// String is the type's name in headers and configuration: i16, i24, i32, f32 or f64.
func (t SampleType) String() string {
	if t.Size() == 0 {
		return "unknown"
	}
	return typeNames[t]
}

// ParseSampleType is the opposite of String.
func ParseSampleType(s string) (SampleType, error) {
	for t := I16; t <= F64; t++ {
		if typeNames[t] == s {
			return t, nil
		}
	}
	return 0, fault(KindType, "sample type %q; allowed are i16, i24, i32, f32 and f64", s)
}

// header is the fixed part of a message, field by field.
type header struct {
	kind             SampleType
	channels         int
	count            uint32
	flags            Flags
	partLen, lotLen  int
	run, seq, first  uint64
	timeNS           int64
	rateHz, scale    float64
	sampleN, sampleB int // values, and bytes that they take
}

func (h *header) append(dst []byte) []byte {
	le := binary.LittleEndian
	dst = append(dst, magic...)
	dst = append(dst, version, byte(h.kind))
	dst = le.AppendUint16(dst, uint16(h.channels))
	dst = le.AppendUint32(dst, h.count)
	dst = le.AppendUint16(dst, uint16(h.flags))
	dst = append(dst, byte(h.partLen), byte(h.lotLen))
	dst = le.AppendUint64(dst, h.run)
	dst = le.AppendUint64(dst, h.seq)
	dst = le.AppendUint64(dst, h.first)
	dst = le.AppendUint64(dst, uint64(h.timeNS))
	dst = le.AppendUint64(dst, math.Float64bits(h.rateHz))
	return le.AppendUint64(dst, math.Float64bits(h.scale))
}

// read takes the header from p and checks it against itself and against len(p).
func (h *header) read(p []byte) error {
	if len(p) < len(magic) || string(p[:len(magic)]) != magic {
		return fault(KindMagic, "%d bytes that do not begin with %q; is this stream's encoding another one?", len(p), magic)
	}
	if len(p) < HeaderSize {
		return fault(KindSize, "%d bytes are shorter than the header of %d", len(p), HeaderSize)
	}
	if p[4] != version {
		return fault(KindVersion, "version %d; this program reads version %d", p[4], version)
	}
	le := binary.LittleEndian
	h.kind = SampleType(p[5])
	h.channels = int(le.Uint16(p[6:]))
	h.count = le.Uint32(p[8:])
	h.flags = Flags(le.Uint16(p[12:]))
	h.partLen, h.lotLen = int(p[14]), int(p[15])
	h.run, h.seq, h.first = le.Uint64(p[16:]), le.Uint64(p[24:]), le.Uint64(p[32:])
	h.timeNS = int64(le.Uint64(p[40:]))
	h.rateHz = math.Float64frombits(le.Uint64(p[48:]))
	h.scale = math.Float64frombits(le.Uint64(p[56:]))
	if err := h.check(); err != nil {
		return err
	}
	if want := HeaderSize + h.sampleB + h.partLen + h.lotLen; want != len(p) {
		return fault(KindSize, "%d bytes where the header asks for %d (%d channels of %d %v, part of %d, lot of %d)",
			len(p), want, h.channels, h.count, h.kind, h.partLen, h.lotLen)
	}
	return nil
}

// check holds every rule that needs no samples, and works out the sizes. It fails with an *Error.
func (h *header) check() error {
	switch {
	case h.kind.Size() == 0:
		return fault(KindType, "sample type %d; allowed are 1 to %d", h.kind, F64)
	case h.channels < 1 || h.channels > MaxChannels:
		return fault(KindChannels, "%d channels; allowed are 1 to %d", h.channels, MaxChannels)
	case h.flags&^knownFlags != 0:
		return fault(KindFlags, "unknown flags %#04x; is the publisher newer than this program?", uint16(h.flags&^knownFlags))
	case h.count == 0 && h.flags&(PartBegin|PartEnd) == 0:
		return fault(KindCount, "no samples and no part mark; a block carries one or the other")
	case h.run == 0:
		return fault(KindRun, "run 0; draw a random number when the publisher starts")
	case h.first > math.MaxUint64-uint64(h.count):
		return fault(KindIndex, "first sample index %d with %d samples overflows 64 bits", h.first, h.count)
	case !(h.rateHz > 0) || math.IsInf(h.rateHz, 1):
		return fault(KindRate, "rate %v Hz; it must be finite and above 0", h.rateHz)
	case h.scale == 0 || math.IsNaN(h.scale) || math.IsInf(h.scale, 0):
		return fault(KindScale, "scale %v; it must be finite and not 0", h.scale)
	case h.partLen > MaxText || h.lotLen > MaxText:
		return fault(KindText, "part of %d and lot of %d bytes; at most %d each", h.partLen, h.lotLen, MaxText)
	}
	values := uint64(h.count) * uint64(h.channels) // below 2^38
	bytes := values * uint64(h.kind.Size())        // below 2^41
	if total := HeaderSize + bytes + uint64(h.partLen+h.lotLen); total > MaxPayload {
		return fault(KindSize, "a block of %d bytes (%d channels of %d %v); at most %d", total, h.channels, h.count, h.kind, MaxPayload)
	}
	h.sampleN, h.sampleB = int(values), int(bytes)
	return nil
}

// checkText says whether s may name a part or a lot.
func checkText(what, s string) error {
	if len(s) > MaxText {
		return fault(KindText, "%s of %d bytes; at most %d", what, len(s), MaxText)
	}
	if !utf8.ValidString(s) {
		return fault(KindText, "%s %q is not UTF-8", what, s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fault(KindText, "%s %q holds %U, which does not print", what, s, r)
		}
	}
	return nil
}
