package hub

import (
	"encoding/binary"
	"math"
)

// Kind says which signal an envelope shows.
type Kind uint8

const (
	Raw         Kind = iota // as received
	Conditioned             // after the filter
)

// Wave is a stretch of one channel as a min/max envelope: each bucket holds the least and the greatest of SamplesPerBucket consecutive
// samples, so that a spike of one sample is never hidden.
type Wave struct {
	Stream           string
	Channel          int // position in StreamStatus.Channels
	Kind             Kind
	Run              uint64
	First            uint64    // index of the first bucket's first sample
	SamplesPerBucket int       // ≥ 1
	RateHz           float64   // of the samples
	TimeNS           int64     // wall-time annotation of sample First, ns since 1970 UTC
	MinMax           []float32 // min, max, min, max, …; copied before PublishWave returns
}

// A binary frame is little-endian:
//
//	0   4   "CWV1"
//	4   4   u32 number of records
//	8       records, one after the other, each
//
//	0   4   u32 stream id
//	4   2   u16 channel
//	6   1   u8  kind: 0 raw, 1 conditioned
//	7   1   u8  0
//	8   4   u32 number of buckets n
//	12  4   u32 samples per bucket
//	16  8   f64 rate of the samples in Hz
//	24  8   u64 run
//	32  8   u64 index of the first sample
//	40  8   f64 pos: seconds of signal since the hub first heard the stream, at the first sample
//	48  8   i64 wall-time annotation of the first sample, ns since 1970 UTC
//	56  8n  f32 min, f32 max, n times
//
// Records of one stream, channel and kind come in order. A record whose pos does not continue the one before follows a gap.
const (
	waveMagic      = "CWV1"
	waveHead       = 8
	waveRecordHead = 56
)

// segment is a gapless run of buckets in an inbox.
type segment struct {
	run, first uint64
	perBucket  uint32
	rateHz     float64
	pos        float64
	timeNS     int64
	from, n    int // buckets, in the track's buffer
}

// appendRecord adds one record in the format above; buckets holds its 2*n values.
func appendRecord(dst []byte, id uint32, ch uint16, kind Kind, s *segment, buckets []float32) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, id)
	dst = le.AppendUint16(dst, ch)
	dst = append(dst, byte(kind), 0)
	dst = le.AppendUint32(dst, uint32(s.n))
	dst = le.AppendUint32(dst, s.perBucket)
	dst = le.AppendUint64(dst, math.Float64bits(s.rateHz))
	dst = le.AppendUint64(dst, s.run)
	dst = le.AppendUint64(dst, s.first)
	dst = le.AppendUint64(dst, math.Float64bits(s.pos))
	dst = le.AppendUint64(dst, uint64(s.timeNS))
	for _, v := range buckets {
		dst = le.AppendUint32(dst, math.Float32bits(v))
	}
	return dst
}
