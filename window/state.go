package window

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math"
)

// stateVersion is the first byte of a saved state.
const stateVersion = 1

// AppendState appends to b, in a fixed binary form, all that the conditioner needs to go on: counts, place in the stream, filter, the rows
// of the window in progress. A conditioner of the same configuration that takes it up sends the same windows as this one would, to the bit
// with the same kernel.
func (c *Conditioner) AppendState(b []byte) []byte {
	w := &stateWriter{append(b, stateVersion)}
	w.u64(&c.key)
	c.transfer(w)
	if c.filter == nil {
		return w.b
	}
	at := len(w.b)
	w.b = c.filter.AppendState(append(w.b, make([]byte, 8)...))
	binary.LittleEndian.PutUint64(w.b[at:], uint64(len(w.b)-at-8))
	return w.b
}

// RestoreState takes up a state saved by AppendState. It fails when the state is damaged or of another configuration; the conditioner is then as new.
func (c *Conditioner) RestoreState(b []byte) error {
	if err := c.restore(b); err != nil {
		fresh, newErr := New(c.cfg)
		if newErr != nil {
			return errors.Join(err, newErr)
		}
		fresh.tap = c.tap
		*c = *fresh
		c.cut.ready = c.send
		return err
	}
	return nil
}

func (c *Conditioner) restore(b []byte) error {
	if len(b) == 0 || b[0] != stateVersion {
		return errors.New("window: a saved state of another version, or none: start the stream anew")
	}
	r := &stateReader{b: b[1:]}
	var key uint64
	r.u64(&key)
	if key != c.key {
		return errors.New("window: a saved state of another configuration: start the stream anew")
	}
	c.transfer(r)
	if !r.bad && c.started && !c.cut.sane() { // what has not started begins with fresh rows
		r.bad = true
	}
	if c.filter != nil && !r.bad {
		var n uint64
		r.u64(&n)
		if n != uint64(len(r.b)) {
			r.bad = true
		} else if err := c.filter.RestoreState(r.b); err != nil {
			return err
		}
		r.b = nil
	}
	if r.bad || len(r.b) != 0 {
		return errors.New("window: a saved state that is damaged: start the stream anew")
	}
	return nil
}

func (c Config) stateKey() uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.Fingerprint()))
	return h.Sum64()
}

// transferrer writes values to a state or reads them from one, so that one list of fields serves both.
type transferrer interface {
	u64(v *uint64)
	i64(v *int64)
	int(v *int, most int)
	flag(v *bool)
	flags(v []bool)
	text(v *string)
	f64(v []float64)
	f32(v []float32)
}

func (c *Conditioner) transfer(t transferrer) {
	n := &c.counts
	t.u64(&n.Received)
	t.u64(&n.Invalid)
	t.u64(&n.Saturated)
	t.u64(&n.Missing)
	t.u64(&n.Bridged)
	t.u64(&n.Broken)
	t.u64(&n.Duplicate)
	t.u64(&n.Late)
	t.u64(&n.Refused)
	t.u64(&n.Windows)
	t.flag(&c.started)
	t.flag(&c.partOpen)
	t.u64(&c.run)
	t.u64(&c.next)
	t.u64(&c.partAt)
	t.u64(&c.anchor)
	t.i64(&c.anchorNS)
	t.text(&c.part)
	t.text(&c.lot)
	for i := range c.flags {
		c.flags[i].transfer(t)
	}
	for i := range c.gaps.spans {
		c.gaps.spans[i].transfer(t)
	}
	t.int(&c.gaps.n, math.MaxInt)
	c.mend.transfer(t)
	c.cut.transfer(t)
}

func (s *span) transfer(t transferrer) {
	t.u64(&s.from)
	t.u64(&s.to)
}

func (m *mender) transfer(t transferrer) {
	t.flag(&m.broken)
	t.flag(&m.masking)
	t.flag(&m.hasBefore)
	t.f32(m.last)
	t.f32(m.before)
	t.int(&m.rows, m.limit)
	t.f32(m.held[:m.rows*m.channels])
	for i := range m.rows {
		kind := uint64(m.kinds[i])
		t.u64(&kind)
		m.kinds[i] = Defect(kind)
	}
}

func (c *cutter) transfer(t transferrer) {
	if _, writes := t.(*stateWriter); writes && c.count > 0 {
		c.shed()
	}
	t.u64(&c.base)
	t.u64(&c.start)
	t.u64(&c.stop)
	t.u64(&c.scanned)
	t.u64(&c.broken)
	t.u64(&c.skipped)
	t.flag(&c.armed)
	t.flag(&c.fresh)
	for i := range c.defects {
		c.defects[i].transfer(t)
	}
	t.f32(c.last)
	t.int(&c.count, len(c.filled))
	t.f32(c.buf[:c.count*c.channels])
	t.flags(c.filled[:c.count])
	c.pace.transfer(t)
}

// sane tells whether a restored place in the rows can be worked with.
func (c *cutter) sane() bool {
	const far = 1 << 62 // beyond it indexes would wrap
	ok := c.base < far && c.start < far && c.stop < far && c.scanned < far && c.broken < far
	return ok && c.pace.sane(c)
}

func (g *grid) transfer(transferrer) {}

func (g *grid) sane(c *cutter) bool {
	return c.armed && c.start >= c.base && c.stop == c.start+g.length && c.end() < c.stop
}

func (e *events) transfer(t transferrer) {
	t.u64(&e.floor)
	t.u64(&e.trigger)
}

func (e *events) sane(c *cutter) bool {
	if c.armed {
		return c.start >= c.base && c.stop == c.start+e.length && c.end() < c.stop
	}
	return c.scanned >= c.end() && e.floor < 1<<62 && e.trigger < 1<<62
}

func (y *cycles) transfer(t transferrer) {
	t.flag(&y.low)
	t.flag(&y.high)
	t.flag(&y.have)
	t.flag(&y.any)
	t.u64(&y.origin)
	t.u64(&y.first)
	values := []float64{y.at, y.before}
	t.f64(values)
	y.at, y.before = values[0], values[1]
	t.int(&y.n, y.average)
	t.int(&y.measured, math.MaxInt)
	t.f64(y.sum)
}

// sane holds the rows that a cycle in progress will be measured on.
func (y *cycles) sane(c *cutter) bool {
	if c.armed || c.scanned+1 < c.end() || c.scanned > c.end() || y.origin >= 1<<62 || !(y.at >= 0 && y.at < 1<<52) || y.any && c.scanned == c.base && c.base > y.origin {
		return false
	}
	return !y.have || y.oldest(c) >= c.base || c.base == y.origin
}
