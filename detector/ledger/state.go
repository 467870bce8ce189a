package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// stateVersion is the first byte of a kept account.
const stateVersion = 1

// maxText bounds a name in a kept account.
const maxText = 1 << 12

// AppendBinary appends the account, with the part under way, so that UnmarshalBinary goes on from there to the sample. It is to be called between
// Settle and the next Block, and fails otherwise.
func (a *Account) AppendBinary(dst []byte) ([]byte, error) {
	if a.closing.any || a.ended && a.cur.any {
		return dst, errors.New("ledger: a part is over and not settled; call Settle before the account is kept")
	}
	c := codec{b: append(dst, stateVersion), write: true}
	a.transfer(&c)
	return c.b, c.err
}

// UnmarshalBinary takes back what AppendBinary wrote of an account of the same stream. On an error the account is as it was.
func (a *Account) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != stateVersion {
		return fmt.Errorf("ledger: stream %s: the kept account has %d bytes and not version %d; start without it", a.cfg.Stream, len(b), stateVersion)
	}
	n, c := Account{cfg: a.cfg}, codec{b: b[1:]}
	n.transfer(&c)
	if c.err == nil && len(c.b) > 0 {
		c.err = fmt.Errorf("%d bytes left over", len(c.b))
	}
	if c.err == nil {
		c.err = n.sane()
	}
	if c.err != nil {
		return fmt.Errorf("ledger: stream %s: kept account: %w; start without it", a.cfg.Stream, c.err)
	}
	*a = n
	return nil
}

func (a *Account) transfer(c *codec) {
	c.samples(&a.totals)
	c.num(&a.parts)
	c.flag(&a.started)
	c.num(&a.run)
	c.num(&a.end)
	c.flag(&a.ended)
	c.num(&a.skipped)
	for _, v := range []*uint64{&a.arrivals.Duplicated, &a.arrivals.Late, &a.arrivals.Reordered, &a.arrivals.Dropped} {
		c.num(v)
	}
	o := &a.cur
	c.flag(&o.any)
	c.part(&o.p)
	o.p.Stream, o.p.RateHz = a.cfg.Stream, a.cfg.RateHz
	for _, v := range []*uint64{&o.done, &o.covered, &o.touched} {
		c.num(v)
	}
	why := uint64(o.why)
	c.num(&why)
	o.why = Reason(why)
	n := uint64(len(o.runs) - o.head)
	if c.num(&n); n > mostRuns {
		c.fail("%d stretches of samples", n)
		return
	}
	for i := range int(n) {
		var r run
		if c.write {
			r = o.runs[o.head+i]
		}
		kind := uint64(r.kind)
		c.num(&r.end)
		c.num(&kind)
		r.kind = fate(kind)
		if !c.write && c.err == nil {
			o.runs = append(o.runs, r)
		}
	}
}

// sane tells whether what was read can be gone on with.
func (a *Account) sane() error {
	o, s := &a.cur, &a.cur.p.Samples
	if !o.any {
		return nil
	}
	at := o.done
	for _, r := range o.runs {
		if r.end <= at || r.kind > saturated {
			return fmt.Errorf("a stretch of kind %d from sample %d to %d", r.kind, at, r.end)
		}
		at = r.end
	}
	left := s.Scored + s.Bridged + s.Warmup + s.Outside + s.Lost.Total() + at - o.done
	if at != o.p.End || o.p.End != a.end || s.Expected != o.p.End-o.p.First || s.Expected != s.Received+s.Missing || left != s.Expected {
		return fmt.Errorf("the part from sample %d to %d does not add up: %+v", o.p.First, o.p.End, *s)
	}
	return nil
}

func (c *codec) part(p *Part) {
	c.num(&p.Run)
	c.text(&p.Part)
	c.text(&p.Lot)
	c.num(&p.First)
	c.num(&p.End)
	c.time(&p.From)
	c.time(&p.To)
	c.samples(&p.Samples)
	for _, v := range []*int{&p.Windows.Total, &p.Windows.Scored, &p.Windows.Above, &p.Windows.Warmup, &p.Windows.Skipped} {
		n := uint64(*v)
		if c.num(&n); n > math.MaxInt64 {
			c.fail("%d windows", n)
		}
		*v = int(n)
	}
	for _, v := range []*Value{&p.Peak, &p.Limit} {
		bits := math.Float64bits(float64(*v))
		c.num(&bits)
		*v = Value(math.Float64frombits(bits))
	}
	c.flag(&p.Alarmed)
	flags := uint64(p.Flags)
	c.num(&flags)
	p.Flags = Reason(flags)
}

func (c *codec) samples(s *Samples) {
	l := &s.Lost
	for _, v := range []*uint64{
		&s.Expected, &s.Received, &s.Missing, &s.Invalid, &s.Saturated, &s.Scored, &s.Bridged, &s.Warmup, &s.Outside,
		&l.Missing, &l.Invalid, &l.Saturated, &l.Spoiled, &l.Learning, &l.Frozen, &l.NotNumber, &l.Unwindowed,
		&s.Duplicated, &s.Late, &s.Reordered, &s.Dropped, &s.Doubtful,
	} {
		c.num(v)
	}
}

// codec writes values to b, or reads them from it.
type codec struct {
	b     []byte
	write bool
	err   error
}

func (c *codec) fail(format string, v ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, v...)
	}
}

func (c *codec) num(v *uint64) {
	if c.write {
		c.b = binary.AppendUvarint(c.b, *v)
		return
	}
	x, n := binary.Uvarint(c.b)
	if n <= 0 || c.err != nil {
		c.fail("it ends too early")
		*v = 0
		return
	}
	*v, c.b = x, c.b[n:]
}

func (c *codec) flag(v *bool) {
	n := uint64(0)
	if *v {
		n = 1
	}
	c.num(&n)
	*v = n == 1
}

func (c *codec) time(t *time.Time) {
	ns := uint64(0)
	if c.write && !t.IsZero() {
		ns = uint64(t.UnixNano())
	}
	if c.num(&ns); !c.write {
		*t = time.Unix(0, int64(ns)).UTC()
	}
}

func (c *codec) text(v *string) {
	n := uint64(len(*v))
	c.num(&n)
	switch {
	case c.write:
		c.b = append(c.b, *v...)
	case n > maxText || n > uint64(len(c.b)):
		c.fail("a text of %d bytes", n)
	default:
		*v, c.b = string(c.b[:n]), c.b[n:]
	}
}
