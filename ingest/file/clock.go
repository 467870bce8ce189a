package file

import (
	"bytes"
	"math"
	"time"
)

// moment is an instant: ns since 1970 for absolute times, s for times that count from somewhere; the sum of both.
type moment struct {
	ns int64
	s  float64
}

// since is m - o in seconds.
func (m moment) since(o moment) float64 { return float64(m.ns-o.ns)*1e-9 + (m.s - o.s) }

// clock reads the time of a row.
type clock struct {
	column int // -1 for none
	second int // column of the time of day, where column holds a date alone; -1 for none
	stamps bool
	order  dateOrder
	layout string
	zone   *time.Location
	comma  bool
	unit   float64 // of numbers, in s; for an epoch one of s, ms, us, ns
	epoch  bool    // numbers count from 1970
	zoned  bool    // the stamps tell their zone
	daily  bool    // the stamps are times of day, without a date
}

// absolute says whether moments are wall time.
func (k *clock) absolute() bool {
	return k.column >= 0 && !k.daily && (k.stamps || k.epoch || k.layout != "")
}

func (k *clock) read(cells [][]byte) (m moment, ok bool) {
	if k.column >= len(cells) || k.second >= len(cells) {
		return m, false
	}
	cell := cells[k.column]
	switch {
	case k.layout != "":
		t, err := time.ParseInLocation(k.layout, string(cell), k.zone)
		return moment{ns: t.UnixNano()}, err == nil
	case k.stamps:
		return k.readStamp(cell, cells)
	case k.epoch:
		return readEpoch(cell, k.comma, k.unit)
	}
	v, kind := parse(cell, k.comma, 64)
	return moment{s: v * k.unit}, kind == number && !math.IsInf(v, 0)
}

func (k *clock) readStamp(cell []byte, cells [][]byte) (m moment, ok bool) {
	c, ok := scan(cell)
	if !ok {
		return m, false
	}
	if k.second >= 0 {
		d, ok := scan(cells[k.second])
		if !ok || c.hasTime || d.yearAt >= 0 {
			return m, false
		}
		c.h, c.m, c.s, c.ns, c.zoned, c.zone = d.h, d.m, d.s, d.ns, d.zoned, d.zone
	}
	if (c.yearAt < 0) != k.daily {
		return m, false
	}
	m.ns, ok = c.unixNS(k.order, k.zone)
	return m, ok
}

// readEpoch reads a count of units since 1970 without losing nanoseconds, as long as it is written without exponent.
func readEpoch(cell []byte, comma bool, unit float64) (m moment, ok bool) {
	point := byte('.')
	if comma {
		point = ','
	}
	v, k := parse(cell, comma, 64)
	if ns := v * unit * 1e9; k != number || !(math.Abs(ns) < 9e18) {
		return m, false
	}
	per := int64(math.Round(unit * 1e9)) // ns
	whole, frac, _ := bytes.Cut(cell, []byte{point})
	var n, f int64
	scale := int64(1)
	for _, c := range whole {
		if c < '0' || c > '9' {
			return moment{ns: int64(v * unit * 1e9)}, true
		}
		n = n*10 + int64(c-'0')
	}
	for _, c := range frac {
		if c < '0' || c > '9' {
			return moment{ns: int64(v * unit * 1e9)}, true
		}
		if scale < per {
			f, scale = f*10+int64(c-'0'), scale*10
		}
	}
	return moment{ns: n*per + f*(per/scale)}, true
}

// time is the wall time of an absolute moment.
func (m moment) time() time.Time { return time.Unix(0, m.ns).UTC() }
