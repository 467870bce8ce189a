package health

import (
	"time"

	"crackle/ingest/block"
)

// clockTolerance is by how much a block's time may be off the one before it; and a hundredth of the time between them, as the rate is not exact.
const clockTolerance = 2 * time.Second

// Meter looks at the blocks of one stream, as they came, for what only the signal can tell: a channel that holds one value, and a clock that
// jumps. It is for one goroutine; a block costs a comparison per channel while the signal lives. The zero value is ready.
type Meter struct {
	now     Reading
	last    []float32 // per channel, the newest value
	from    []uint64  // per channel, the index since which it holds
	started bool
	first   uint64
	timeNS  int64
	at      time.Time // wall time of the newest block
	rateHz  float64
}

// Reading is what a Meter has found in the run of the newest block.
type Reading struct {
	Run         uint64
	Flat        uint64 // samples for which a channel has held its newest value; of the channel that did so longest
	FlatChannel int
	FlatFrom    uint64 // index since which
	Jumps       uint64 // of the publisher's clock, over all runs
	JumpBy      time.Duration
	JumpRun     uint64
	JumpAt      uint64 // index of the newest jump
}

// Reading is what was found up to the newest block.
func (m *Meter) Reading() Reading { return m.now }

// Push takes the next block, which has come at the wall time now. A part mark tells nothing.
func (m *Meter) Push(b *block.Block, now time.Time) {
	n := b.Count()
	if n == 0 {
		return
	}
	fresh := !m.started || b.Run != m.now.Run || b.Channels != len(m.last)
	if b.Channels != len(m.last) {
		m.last, m.from = make([]float32, b.Channels), make([]uint64, b.Channels)
	}
	m.flat(b, n, fresh)
	if !fresh {
		m.clock(b, now)
	}
	m.started, m.now.Run, m.first, m.timeNS, m.at, m.rateHz = true, b.Run, b.First, b.TimeNS, now, b.RateHz
}

// flat finds, from the end of the block backward, since when each channel holds its value. A value that is no number holds nothing.
func (m *Meter) flat(b *block.Block, n int, fresh bool) {
	m.now.Flat = 0
	for c := range b.Channels {
		v := b.Samples[(n-1)*b.Channels+c]
		i := n - 1
		for i > 0 && b.Samples[(i-1)*b.Channels+c] == v {
			i--
		}
		if fresh || i > 0 || m.last[c] != v || m.from[c] > b.First {
			m.from[c] = b.First + uint64(i)
		}
		m.last[c] = v
		if held := b.End() - m.from[c]; v == v && held > m.now.Flat {
			m.now.Flat, m.now.FlatChannel, m.now.FlatFrom = held, c, m.from[c]
		}
	}
}

// clock holds a block's time against the one before it. Time that goes back is a jump; so is time that goes on by more than it did here, to
// where it has not been yet. A recording has a time of its own.
func (m *Meter) clock(b *block.Block, now time.Time) {
	if b.TimeNS == 0 || m.timeNS == 0 || b.Flags&(block.Recorded|block.TimeLapsed) != 0 || !(m.rateHz > 0) {
		return
	}
	due := time.Duration(float64(int64(b.First-m.first)) / m.rateHz * 1e9)
	slack := clockTolerance + due.Abs()/100
	off := time.Duration(b.TimeNS-m.timeNS) - due
	ahead := time.Duration(b.TimeNS - now.UnixNano())
	waited := max(0, now.Sub(m.at)-due)
	if off < -slack || off > waited+slack && ahead > clockTolerance {
		m.now.Jumps++
		m.now.JumpBy, m.now.JumpRun, m.now.JumpAt = off, b.Run, b.First
	}
}
