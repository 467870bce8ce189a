package app

import (
	"errors"
	"fmt"
	"math"

	"crackle/cmd/crackle/config"
	"crackle/ingest/block"
)

// slicer makes parts of a signal that has none: stretches of so many samples, counted from the publisher's start, so that live and replay agree on them.
// Blocks that carry a part of their own are left as they are.
type slicer struct {
	every uint64 // samples
	push  func(*block.Block) error
	piece block.Block
	at    uint64 // number of the part that name is of, plus 1
	name  string
}

// newSlicer is nil for a stream whose parts are the publisher's.
func newSlicer(s *config.Stream, push func(*block.Block) error) *slicer {
	if s.PartSeconds <= 0 {
		return nil
	}
	return &slicer{every: uint64(max(1, math.Round(s.PartSeconds*s.RateHz))), push: push}
}

// part names the part that a sample is in.
func (s *slicer) part(index uint64) string {
	if n := index / s.every; s.at != n+1 {
		s.at, s.name = n+1, fmt.Sprintf("slice-%06d", n)
	}
	return s.name
}

// cut pushes a block part by part. end is one past the newest sample before it in its run; known is false when there is none.
func (s *slicer) cut(b *block.Block, end uint64, known bool) error {
	if b.Part != "" || b.Flags&(block.PartBegin|block.PartEnd) != 0 {
		return s.push(b)
	}
	var errs error
	if known && end > 0 && b.First > end && (end-1)/s.every != b.First/s.every { // a part ended where samples are missing, and the block's began there
		if end%s.every != 0 {
			errs = s.mark(b, (end/s.every+1)*s.every, end, block.PartEnd)
		}
		if at := b.First / s.every * s.every; at != b.First {
			errs = errors.Join(errs, s.mark(b, at, at, block.PartBegin))
		}
	}
	n := uint64(b.Count())
	for from := uint64(0); from == 0 || from < n; {
		first := b.First + from
		to := min(n, from+s.every-first%s.every)
		s.piece = *b
		s.piece.First, s.piece.Part = first, s.part(first)
		s.piece.TimeNS += int64(math.Round(float64(from) / b.RateHz * 1e9))
		s.piece.Samples = b.Samples[int(from)*b.Channels : int(to)*b.Channels]
		if n > 0 && first%s.every == 0 {
			s.piece.Flags |= block.PartBegin
		}
		if n > 0 && s.piece.End()%s.every == 0 {
			s.piece.Flags |= block.PartEnd
		}
		if err := s.push(&s.piece); err != nil {
			errs = errors.Join(errs, err)
		}
		if from = to; n == 0 {
			break
		}
	}
	return errs
}

// mark pushes the mark of a part's beginning or end at an index. in is a sample of the part.
func (s *slicer) mark(b *block.Block, index, in uint64, flag block.Flags) error {
	s.piece = *b
	s.piece.First, s.piece.Part, s.piece.Samples = index, s.part(in), b.Samples[:0]
	s.piece.Flags |= flag
	s.piece.TimeNS -= int64(math.Round(float64(b.First-index) / b.RateHz * 1e9))
	return s.push(&s.piece)
}
