package window

import (
	"errors"
	"fmt"
	"math"
)

// Envelope reduces a signal to the smallest and largest value of each channel in buckets of k samples, so that a screen can draw
// any rate without hiding a spike. It is not safe for concurrent use.
type Envelope struct {
	channels int
	bucket   uint64
	emit     func(first uint64, n int, minmax []float32)
	open     bool
	first    uint64    // of the bucket in progress
	n        uint64    // rows in it
	minmax   []float32 // [channels][2]
}

// NewEnvelope makes an envelope. Buckets lie at multiples of bucket samples. emit gets each bucket as its first index, the
// number of rows seen in it, and min, max of each channel in turn; it must not keep the slice. NaN is left out; a channel
// of nothing else has min and max NaN.
func NewEnvelope(channels, bucket int, emit func(first uint64, n int, minmax []float32)) (*Envelope, error) {
	if channels < 1 || bucket < 1 {
		return nil, fmt.Errorf("window: envelope of %d channels in buckets of %d samples: both must be 1 or more", channels, bucket)
	}
	if emit == nil {
		return nil, errors.New("window: envelope without a function to emit to: give one")
	}
	return &Envelope{channels: channels, bucket: uint64(bucket), emit: emit, minmax: make([]float32, 2*channels)}, nil
}

// Push adds rows of interleaved channels, of which the first has the given index. An index that does not follow on closes
// the bucket in progress unless it falls into the same one. Nothing is allocated.
func (e *Envelope) Push(first uint64, rows []float32) {
	for len(rows) >= e.channels {
		start := first - first%e.bucket
		if e.open && start != e.first {
			e.Flush()
		}
		if !e.open {
			e.open, e.first, e.n = true, start, 0
			for i := range e.minmax {
				e.minmax[i] = float32(math.NaN())
			}
		}
		n := min(start+e.bucket-first, uint64(len(rows)/e.channels))
		e.add(rows[:int(n)*e.channels])
		rows = rows[int(n)*e.channels:]
		first += n
		e.n += n
		if first == e.first+e.bucket {
			e.Flush()
		}
	}
}

func (e *Envelope) add(rows []float32) {
	for ch := range e.channels {
		lo, hi := e.minmax[2*ch], e.minmax[2*ch+1]
		for i := ch; i < len(rows); i += e.channels {
			v := rows[i]
			if !(v >= lo) && v == v {
				lo = v
			}
			if !(v <= hi) && v == v {
				hi = v
			}
		}
		e.minmax[2*ch], e.minmax[2*ch+1] = lo, hi
	}
}

// Flush emits the bucket in progress, if there is one.
func (e *Envelope) Flush() {
	if e.open {
		e.open = false
		e.emit(e.first, int(e.n), e.minmax)
	}
}
