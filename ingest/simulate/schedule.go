package simulate

import (
	"fmt"
	"io"
	"math"
	"time"

	"crackle/ingest/block"
)

// maxBlockBytes keeps a block of float32 samples within the 512 KiB of a message, header included.
const maxBlockBytes = 500 << 10

// Span is a half-open range of sample indices, per channel, counted from the start of the stream.
type Span struct{ First, End uint64 }

// piece is one part's place in the stream.
type piece struct {
	name string
	span Span
}

// schedule cuts parts that follow each other without a gap into blocks.
type schedule struct {
	rateHz   float64
	channels int
	block    int // samples per channel in a full block
	lot      string
	startNS  int64
	pieces   []piece
	part     int    // index into pieces
	at       uint64 // next sample
}

// stream is what every generator's configuration says about its blocks.
type stream struct {
	what     string // for errors
	rateHz   float64
	channels int
	block    int
	lot      string
	start    time.Time
}

func newSchedule(s stream, names []string, seconds []float64) (schedule, error) {
	if !(s.rateHz > 0) || math.IsInf(s.rateHz, 0) {
		return schedule{}, fmt.Errorf("simulate %s: rate %v Hz; give a finite rate above 0", s.what, s.rateHz)
	}
	largest := maxBlockBytes / 4 / s.channels
	if s.block < 1 || s.block > largest {
		return schedule{}, fmt.Errorf("simulate %s: block of %d samples; give 1 to %d", s.what, s.block, largest)
	}
	if len(names) == 0 {
		return schedule{}, fmt.Errorf("simulate %s: no parts; give at least one", s.what)
	}
	sch := schedule{rateHz: s.rateHz, channels: s.channels, block: s.block, lot: s.lot}
	if !s.start.IsZero() {
		sch.startNS = s.start.UnixNano()
	}
	var at uint64
	for i, name := range names {
		n := math.Round(seconds[i] * s.rateHz)
		if !(n >= 1 && n <= 1<<50) {
			return schedule{}, fmt.Errorf("simulate %s: part %d %q lasts %v s, %v samples; it must be 1 to 2^50 samples", s.what, i, name, seconds[i], n)
		}
		sch.pieces = append(sch.pieces, piece{name, Span{at, at + uint64(n)}})
		at += uint64(n)
	}
	return sch, nil
}

// next describes the next block in dst, with room for its samples, and says whether a part begins with it. It returns io.EOF after the last part.
func (s *schedule) next(dst *block.Block) (begin bool, err error) {
	if s.part == len(s.pieces) {
		return false, io.EOF
	}
	p := &s.pieces[s.part]
	n := int(min(uint64(s.block), p.span.End-s.at))
	begin = s.at == p.span.First
	dst.First = s.at
	dst.TimeNS = s.startNS + int64(math.Round(float64(s.at)*(1e9/s.rateHz)))
	dst.RateHz = s.rateHz
	dst.Flags = block.Simulated
	dst.Channels = s.channels
	dst.Part, dst.Lot = p.name, s.lot
	if need := n * s.channels; cap(dst.Samples) < need {
		dst.Samples = make([]float32, need, s.block*s.channels)
	} else {
		dst.Samples = dst.Samples[:need]
	}
	if begin {
		dst.Flags |= block.PartBegin
	}
	s.at += uint64(n)
	if s.at == p.span.End {
		dst.Flags |= block.PartEnd
		s.part++
	}
	return begin, nil
}
