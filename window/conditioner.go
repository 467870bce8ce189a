package window

import (
	"errors"
	"fmt"
	"math"

	"crackle/ingest/block"
	"crackle/window/feature"
	"crackle/window/filter"
	"crackle/window/rate"
)

// Counts add up samples, per channel (rows), since the conditioner was made.
type Counts struct {
	Received  uint64 // rows in accepted blocks, duplicates left out
	Invalid   uint64 // rows in which a sample was NaN, infinite or beyond 1e30
	Saturated uint64 // rows in which a sample was at or beyond its channel's saturation level
	Missing   uint64 // rows that never came, by the indexes of those that did
	Bridged   uint64 // rows filled in from their neighbours
	Broken    uint64 // bad rows that were not bridged
	Duplicate uint64 // rows that had been seen before; dropped
	Late      uint64 // rows that came after their place had been given up as missing; dropped
	Refused   uint64 // rows of refused blocks
	Windows   uint64 // windows sent, closing windows left out
	Skipped   uint64 // windows not sent because they lay wholly in a break, and cycles of an unlikely length
}

// Conditioner turns the blocks of one stream into windows. It is not safe for concurrent use.
type Conditioner struct {
	cfg        Config
	key        uint64 // of a saved state
	set        *feature.Set
	needsShare bool
	filter     *filter.Cascade[float32] // nil: none
	settling   uint64                   // samples
	cut        cutter
	mend       mender
	flags      flagSpans
	gaps       gapList
	counts     Counts
	tap        func(first uint64, rows []float32)

	started  bool
	run      uint64
	next     uint64 // index of the next row expected from the publisher
	partOpen bool
	partAt   uint64 // index of the open part's first sample
	part     string
	lot      string
	rate     rate.Check
	anchor   uint64 // a sample index and its wall time
	anchorNS int64

	out      Window
	features []float32
	emit     func(*Window)
}

// New makes a conditioner. It reports every mistake of the configuration that it can see at once.
func New(cfg Config) (*Conditioner, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	set, err := feature.New(feature.Config{Channels: cfg.Channels, RateHz: cfg.windowRate(), Length: cfg.Length, Taper: cfg.Taper, List: cfg.Features})
	if err != nil {
		return nil, err
	}
	c := &Conditioner{cfg: cfg, key: cfg.stateKey(), set: set, features: make([]float32, set.Len()), rate: rate.Check{NominalHz: cfg.RateHz}}
	if cfg.Filter != nil {
		s, err := cfg.Filter.Sections(cfg.RateHz)
		if err != nil {
			return nil, err
		}
		if c.filter, err = filter.NewCascade[float32](s, len(cfg.Channels)); err != nil {
			return nil, err
		}
		c.filter.Select(cfg.filtered())
		c.settling = uint64(s.Settling(settled))
	}
	if cfg.Bad == BadMask && !set.NeedsValidShare() {
		return nil, errors.New("window: bad is mask: add valid_share to features, so that the network sees what was filled in")
	}
	c.cut = cfg.newCutter()
	c.needsShare = set.NeedsValidShare()
	c.cut.ready = c.send
	c.mend = newMender(cfg)
	return c, nil
}

// settled is the share of the impulse response that may be missing from a filter that counts as settled.
const settled = 1e-3

// Config is the configuration that the conditioner was made with.
func (c *Conditioner) Config() Config { return c.cfg }

// Features is the feature set in use: its names and units are those of Window.Features.
func (c *Conditioner) Features() *feature.Set { return c.set }

// Settling is the filter's settling time in samples, 0 without a filter.
func (c *Conditioner) Settling() int { return int(c.settling) }

// Counts returns what has been counted so far.
func (c *Conditioner) Counts() Counts {
	n := c.counts
	n.Skipped = c.cut.skipped
	return n
}

// RateDeviation compares the samples counted with the publisher's wall clock, within stretches of consecutive blocks: the rate
// measured over the configured one, less 1. ok is false until ten seconds of a run were seen, and when blocks carry no time.
func (c *Conditioner) RateDeviation() (deviation float64, ok bool) { return c.rate.Deviation() }

// Tap has f called with every stretch of conditioned rows, bridged ones included, before the windows that they complete. The rows of
// a break are left out. f must not keep rows.
func (c *Conditioner) Tap(f func(first uint64, rows []float32)) { c.tap = f }

// Push takes the next block of the stream and calls emit, before it returns, for every window that the block completes. The window
// and its features belong to the conditioner and are valid until emit returns. Once warm, nothing is allocated.
//
// It fails, and counts the block as refused, when the block's channels or rate are not those of the configuration, or its index is beyond
// 2^62; the stream goes on with the next block.
func (c *Conditioner) Push(b *block.Block, emit func(*Window)) error {
	if err := c.accept(b); err != nil {
		c.counts.Refused += uint64(b.Count())
		return err
	}
	c.emit = emit
	if b.Count() > 0 {
		c.rate.Observe(b.Run, b.First, b.End(), b.TimeNS, b.Flags&block.PartBegin != 0 || b.Part != c.part)
	}
	if c.started && b.Run != c.run {
		c.giveUp()
		c.closePart()
		c.started = false
	}
	if !c.started {
		c.begin(b)
	}
	if b.Count() == 0 {
		c.mark(b)
		return nil
	}
	if b.End() <= c.next {
		c.seenBefore(b.First, b.End())
		return nil
	}
	c.enterPart(b)
	skip := uint64(0)
	switch {
	case b.First > c.next:
		c.gap(b.First)
	case b.First < c.next:
		skip = c.next - b.First
		c.seenBefore(b.First, c.next)
	}
	c.anchor, c.anchorNS = b.First, b.TimeNS
	c.flags.add(b.Flags, b.First, b.End())
	c.counts.Received += uint64(b.Count()) - skip
	c.next = b.End()
	c.rows(b.Samples[int(skip)*b.Channels:])
	if b.Flags&block.PartEnd != 0 {
		c.closePart()
	}
	return nil
}

// End says that no further block will come: what is held back is sent, and an open part is closed. Another Push starts anew.
func (c *Conditioner) End(emit func(*Window)) {
	c.emit = emit
	if c.started {
		c.giveUp()
		c.closePart()
	}
	c.started = false
}

func (c *Conditioner) accept(b *block.Block) error {
	if n := len(b.Samples); n > 0 && (b.Channels != len(c.cfg.Channels) || n%b.Channels != 0) {
		return fmt.Errorf("window: block %d has %d samples in %d channels: the stream is configured with %d channels %v; correct the publisher or the configuration",
			b.Seq, n, b.Channels, len(c.cfg.Channels), c.cfg.Channels)
	}
	if b.First > maxIndex {
		return fmt.Errorf("window: block %d begins at sample %d: indexes up to %d are allowed, which no sensor reaches; correct the publisher", b.Seq, b.First, uint64(maxIndex))
	}
	// A publisher may round its rate; what is further off is another rate.
	if b.RateHz != 0 && !(math.Abs(b.RateHz-c.cfg.RateHz) <= 1e-3*c.cfg.RateHz) {
		return fmt.Errorf("window: block %d was sampled at %g Hz: the stream is configured with %g Hz; correct the publisher or the configuration", b.Seq, b.RateHz, c.cfg.RateHz)
	}
	return nil
}

// maxIndex keeps sums of indexes and lengths from wrapping: at 1 GHz it is reached after 146 years.
const maxIndex = 1 << 62

// begin starts a run.
func (c *Conditioner) begin(b *block.Block) {
	c.started, c.run, c.next = true, b.Run, b.First
	c.anchor, c.anchorNS = b.First, b.TimeNS
	clear(c.flags[:])
	c.gaps = gapList{}
	c.restart(b.First)
	c.partOpen = false
	c.part, c.lot = b.Part, b.Lot
}

func (c *Conditioner) restart(at uint64) {
	c.cut.restart(at)
	c.mend.restart()
}

// send fills in the window at the cutter's start and emits it.
func (c *Conditioner) send() {
	w := &c.out
	*w = Window{
		Run: c.run, First: c.cut.start, End: c.cut.stop,
		Part: c.part, Lot: c.lot, Fresh: c.cut.fresh, Defects: c.cut.defectsIn(),
	}
	w.TimeNS = c.timeOf(w.End - 1)
	w.Flags = c.flags.in(w.First, w.End)
	// Lengths were settled in New, so Compute cannot fail.
	if c.needsShare {
		c.set.SetValidShare(c.cut.pace.validShare(&c.cut))
	}
	w.Features, _ = c.set.Compute(c.features, c.cut.pace.rows(&c.cut))
	c.counts.Windows++
	c.emit(w)
}

func (c *Conditioner) timeOf(i uint64) int64 {
	return c.anchorNS + int64(math.Round(float64(int64(i-c.anchor))*1e9/c.cfg.RateHz))
}
