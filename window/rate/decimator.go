package rate

import (
	"fmt"

	"crackle/ingest/block"
)

// DecimatorConfig says how blocks are brought to a lower rate.
type DecimatorConfig struct {
	Factor        int // 2 to 4,096: one row out for so many in
	Channels      int
	Pass          float64 // as in Config
	AttenuationDB float64 // as in Config
}

// Decimator brings the blocks of a stream to a whole fraction of their rate, before a window.Conditioner that is configured for that rate. Output row
// d stands for input row d Factor, of which it is the low-passed value without delay: the filter's delay is waited for. Runs, parts and
// flags pass on, with indexes divided. Where the input has a gap or another run or part begins, the filter starts anew, taking the first
// row as if it had stood for ever, and the rows that were still waited for are completed by the last one; the output then has the gap, too.
// It is not safe for concurrent use.
type Decimator struct {
	factor, channels int
	taps             []float64 // odd length, symmetric
	half             int       // rows of delay
	history          []float32 // [len(taps)-1 + new rows][channels]
	rows             int       // rows in history
	base             uint64    // index of history's row 0, plus half
	next             uint64    // input index of the next output row
	open             bool
	last             block.Block // of the stretch in progress, without samples
	out              block.Block
}

// NewDecimator makes a decimator.
func NewDecimator(cfg DecimatorConfig) (*Decimator, error) {
	if cfg.Factor < 2 {
		return nil, fmt.Errorf("rate: factor is %d: allowed are 2 to 4096", cfg.Factor)
	}
	r, err := New[float32](Config{Up: 1, Down: cfg.Factor, Channels: cfg.Channels, Pass: cfg.Pass, AttenuationDB: cfg.AttenuationDB})
	if err != nil {
		return nil, err
	}
	return &Decimator{factor: cfg.Factor, channels: cfg.Channels, taps: r.phases[0], half: (r.taps - 1) / 2}, nil
}

// Push takes the next block and calls emit with the blocks of the lower rate that it completes, which are valid until emit returns. It fails when the
// block has another number of channels.
func (d *Decimator) Push(b *block.Block, emit func(*block.Block)) error {
	if len(b.Samples) > 0 && (b.Channels != d.channels || len(b.Samples)%d.channels != 0) {
		return fmt.Errorf("rate: block %d has %d samples in %d channels: the decimator has %d channels", b.Seq, len(b.Samples), b.Channels, d.channels)
	}
	l := &d.last
	if d.open && (b.Run != l.Run || b.First != l.First || b.Part != l.Part || b.Lot != l.Lot || b.Flags&block.PartBegin != 0 || b.Count() == 0) {
		d.Flush(emit)
	}
	if !d.open && b.Count() > 0 {
		d.begin(b)
	}
	*l = *b
	l.Samples = nil
	l.First, l.TimeNS = b.End(), b.TimeNS+d.span(b, int64(b.Count())) // where the stretch is to go on
	if b.Count() == 0 {
		d.mark(b.Flags, emit)
		return nil
	}
	d.history = append(d.history[:d.rows*d.channels], b.Samples...)
	d.rows += b.Count()
	d.filter(emit)
	if b.Flags&block.PartEnd != 0 {
		d.Flush(emit)
		d.mark(b.Flags&^block.PartBegin, emit)
	}
	return nil
}

// mark emits a part mark at the place where the stretch is to go on.
func (d *Decimator) mark(flags block.Flags, emit func(*block.Block)) {
	samples := d.out.Samples[:0]
	d.out = d.last
	d.out.Samples, d.out.Flags = samples, flags
	d.out.First, d.out.RateHz = d.ceil(d.last.First), d.last.RateHz/float64(d.factor)
	emit(&d.out)
	d.out.Flags = 0
}

// span is the duration of so many rows in ns, 0 when the block does not tell its rate.
func (d *Decimator) span(b *block.Block, rows int64) int64 {
	if !(b.RateHz > 0) {
		return 0
	}
	return int64(float64(rows) * 1e9 / b.RateHz)
}

// Flush completes the rows that are waited for by repeating the last one.
func (d *Decimator) Flush(emit func(*block.Block)) {
	if !d.open {
		return
	}
	row := d.history[(d.rows-1)*d.channels : d.rows*d.channels]
	for range d.half {
		d.history = append(d.history[:d.rows*d.channels], row...)
		d.rows++
	}
	d.filter(emit)
	d.open = false
}

func (d *Decimator) ceil(i uint64) uint64 { return (i + uint64(d.factor) - 1) / uint64(d.factor) }

func (d *Decimator) begin(b *block.Block) {
	d.open, d.base, d.rows = true, b.First, d.half
	d.next = d.ceil(b.First) * uint64(d.factor)
	d.history = d.history[:0]
	for range d.half {
		d.history = append(d.history, b.Samples[:d.channels]...)
	}
	d.out.Flags = b.Flags & block.PartBegin
}

// filter emits a block of the output rows whose taps all lie in history.
func (d *Decimator) filter(emit func(*block.Block)) {
	begins := d.out.Flags & block.PartBegin
	out := d.out.Samples[:0]
	first := d.next
	for {
		at := int(d.next - d.base) // the row of history under the first tap
		if at+len(d.taps) > d.rows {
			break
		}
		for ch := range d.channels {
			x, sum := d.history[at*d.channels+ch:], 0.0
			for k, h := range d.taps {
				sum += h * float64(x[k*d.channels])
			}
			out = append(out, float32(sum))
		}
		d.next += uint64(d.factor)
	}
	l := &d.last
	d.out = *l
	d.out.Samples = out
	d.out.Flags = l.Flags&^(block.PartBegin|block.PartEnd) | begins
	d.out.First, d.out.RateHz = first/uint64(d.factor), l.RateHz/float64(d.factor)
	d.out.TimeNS = l.TimeNS - d.span(l, int64(l.First-first))
	if len(out) > 0 || begins != 0 {
		emit(&d.out)
		d.out.Flags = 0
	}
	if drop := min(int(d.next-d.base), d.rows); drop > 0 {
		copy(d.history, d.history[drop*d.channels:d.rows*d.channels])
		d.rows -= drop
		d.base += uint64(drop)
	}
}
