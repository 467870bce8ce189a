package block

import "math"

// Append writes b in the block encoding at the end of dst and returns the extended slice; dst nil allocates. StoreSeq and StoreNS are not written.
//
// F32 and F64 keep every sample, NaN and Inf included. An integer type is scaled so that the block's largest magnitude just fits, which
// costs half a step at most; use [AppendScaled] where the step is known, as with a converter's counts. It fails with an *Error, and then
// returns dst as it was.
func Append(dst []byte, b *Block, t SampleType) ([]byte, error) {
	scale := 1.0
	if limit := t.limit(); limit > 0 {
		scale = fitScale(b.Samples, limit)
	}
	return AppendScaled(dst, b, t, scale)
}

// AppendScaled is Append with a scale of the caller's: sample / scale is what goes onto the wire, rounded to nearest for an integer type.
// A sample that the type cannot hold (NaN, or beyond the integer's range) is refused rather than clipped.
func AppendScaled(dst []byte, b *Block, t SampleType, scale float64) ([]byte, error) {
	if b.Channels > 0 && len(b.Samples)%b.Channels != 0 {
		return dst, fault(KindCount, "%d values do not fill %d channels evenly", len(b.Samples), b.Channels)
	}
	if uint64(b.Count()) > math.MaxUint32 {
		return dst, fault(KindSize, "%d samples; a block holds at most %d bytes", b.Count(), MaxPayload)
	}
	if err := checkText("part", b.Part); err != nil {
		return dst, err
	}
	if err := checkText("lot", b.Lot); err != nil {
		return dst, err
	}
	h := header{kind: t, channels: b.Channels, count: uint32(b.Count()), flags: b.Flags, partLen: len(b.Part), lotLen: len(b.Lot),
		run: b.Run, seq: b.Seq, first: b.First, timeNS: b.TimeNS, rateHz: b.RateHz, scale: scale}
	if err := h.check(); err != nil {
		return dst, err
	}
	old := len(dst)
	dst = h.append(dst)
	dst, err := appendSamples(dst, b.Samples, t, scale)
	if err != nil {
		return dst[:old], err
	}
	dst = append(dst, b.Part...)
	return append(dst, b.Lot...), nil
}

// Decode reads a message of the block encoding into dst. dst.Samples is reused when it is large enough, dst.Part and dst.Lot when they
// are unchanged; then nothing is allocated. dst shares no memory with payload. It fails with an *Error, and then leaves dst as it was.
// Sample values are whatever the publisher sent, NaN and Inf included. It is safe to call at the same time for different dst.
func Decode(dst *Block, payload []byte) error {
	if len(payload) > MaxPayload {
		return fault(KindSize, "%d bytes; a block has at most %d", len(payload), MaxPayload)
	}
	var h header
	if err := h.read(payload); err != nil {
		return err
	}
	samples := payload[HeaderSize : HeaderSize+h.sampleB]
	text := payload[HeaderSize+h.sampleB:]
	part, err := reuse(dst.Part, text[:h.partLen], "part")
	if err != nil {
		return err
	}
	lot, err := reuse(dst.Lot, text[h.partLen:], "lot")
	if err != nil {
		return err
	}
	dst.Run, dst.Seq, dst.First, dst.TimeNS, dst.RateHz = h.run, h.seq, h.first, h.timeNS, h.rateHz
	dst.Flags, dst.Channels, dst.Part, dst.Lot, dst.StoreSeq, dst.StoreNS = h.flags, h.channels, part, lot, 0, 0
	dst.Samples = readSamples(grow(dst.Samples, h.sampleN), samples, h.kind, h.scale)
	return nil
}

// reuse returns old when it already reads as p does, so that a part's name is allocated once and not with every block.
func reuse(old string, p []byte, what string) (string, error) {
	if old == string(p) {
		return old, nil
	}
	s := string(p)
	return s, checkText(what, s)
}

func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
