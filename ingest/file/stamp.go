package file

import (
	"time"
)

// dateOrder tells 3/4/2013 apart.
type dateOrder uint8

const (
	yearFirst dateOrder = iota // or not yet known
	dayFirst
	monthFirst
)

// civil is a date and time as written.
type civil struct {
	field       [3]int // of the date, as they stand
	yearAt      int    // which field is the year, -1 for a time of day without date
	dot         bool   // fields parted by dots: day first
	hasTime     bool
	h, m, s, ns int
	zoned       bool
	zone        int // seconds east of UTC
}

// scan reads the usual ways of writing a date and time, or either alone:
// 2006-01-02 15:04:05.999, 2006/01/02T15:04Z, 02.01.2006 15:04:05,5, 1/2/2006 3:04:05 PM, 15:04:05, with zone Z, UTC, +hh:mm.
func scan(b []byte) (c civil, ok bool) {
	c.yearAt = -1
	first, rest, digits := leadingInt(b)
	if digits == 0 || len(rest) == 0 {
		return c, false
	}
	if sep := rest[0]; sep == '-' || sep == '/' || sep == '.' {
		if rest, ok = c.scanDate(first, digits, rest, sep); !ok {
			return c, false
		}
		if len(rest) == 0 {
			return c, true
		}
		if rest[0] != ' ' && rest[0] != 'T' && rest[0] != 't' {
			return c, false
		}
		b = rest[1:]
		for len(b) > 0 && b[0] == ' ' {
			b = b[1:]
		}
	}
	c.hasTime = true
	if rest, ok = c.scanTime(b); !ok {
		return c, false
	}
	return c, c.scanZone(rest)
}

func (c *civil) scanDate(first, digits int, rest []byte, sep byte) ([]byte, bool) {
	c.field[0], c.dot = first, sep == '.'
	widths := [3]int{digits}
	for i := 1; i < 3; i++ {
		if len(rest) == 0 || rest[0] != sep {
			return nil, false
		}
		var n int
		c.field[i], rest, n = leadingInt(rest[1:])
		if n == 0 {
			return nil, false
		}
		widths[i] = n
	}
	switch {
	case widths[0] == 4 && widths[1] <= 2 && widths[2] <= 2:
		c.yearAt = 0
	case widths[2] == 4 && widths[0] <= 2 && widths[1] <= 2:
		c.yearAt = 2
	default:
		return nil, false
	}
	return rest, true
}

func (c *civil) scanTime(b []byte) ([]byte, bool) {
	var n int
	if c.h, b, n = leadingInt(b); n == 0 || n > 2 || len(b) == 0 || b[0] != ':' {
		return nil, false
	}
	if c.m, b, n = leadingInt(b[1:]); n != 2 {
		return nil, false
	}
	if len(b) > 0 && b[0] == ':' {
		if c.s, b, n = leadingInt(b[1:]); n != 2 {
			return nil, false
		}
		if len(b) > 0 && (b[0] == '.' || b[0] == ',') {
			b = b[1:]
			scale := 100_000_000
			for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
				c.ns += int(b[0]-'0') * scale
				scale /= 10
				b = b[1:]
			}
		}
	}
	rest := trim(b)
	if len(rest) >= 2 && (rest[1] == 'M' || rest[1] == 'm') {
		half := rest[0] | 0x20
		if c.h < 1 || c.h > 12 || half != 'a' && half != 'p' {
			return nil, false
		}
		c.h %= 12
		if half == 'p' {
			c.h += 12
		}
		rest = trim(rest[2:])
	}
	return rest, c.h < 24 && c.m < 60 && c.s < 61
}

func (c *civil) scanZone(b []byte) bool {
	switch {
	case len(b) == 0:
		return true
	case string(b) == "Z", string(b) == "z", string(b) == "UTC", string(b) == "GMT":
		c.zoned = true
		return true
	case b[0] != '+' && b[0] != '-':
		return false
	}
	h, rest, n := leadingInt(b[1:])
	m := 0
	switch {
	case n == 4 && len(rest) == 0:
		h, m = h/100, h%100
	case n == 2 && len(rest) == 3 && rest[0] == ':':
		if m, rest, n = leadingInt(rest[1:]); n != 2 || len(rest) != 0 {
			return false
		}
	case n != 2 || len(rest) != 0:
		return false
	}
	if h > 14 || m > 59 {
		return false
	}
	c.zoned = true
	if c.zone = h*3600 + m*60; b[0] == '-' {
		c.zone = -c.zone
	}
	return true
}

// unixNS is the instant, 0 <= time of day < 1 day when there is no date. ok is false for a date that does not exist or is out of range.
func (c *civil) unixNS(order dateOrder, loc *time.Location) (ns int64, ok bool) {
	if c.yearAt < 0 {
		return (int64(c.h)*3600+int64(c.m)*60+int64(c.s))*1e9 + int64(c.ns), true
	}
	y, m, d := c.field[0], c.field[1], c.field[2]
	if c.yearAt == 2 {
		y, m, d = c.field[2], c.field[1], c.field[0]
		if order == monthFirst && !c.dot {
			m, d = d, m
		}
	}
	if y < 1700 || y > 2200 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	if c.zoned {
		loc = time.UTC
	}
	t := time.Date(y, time.Month(m), d, c.h, c.m, c.s, c.ns, loc)
	if loc == time.UTC && t.Day() != d && c.s < 60 {
		return 0, false // 30 February
	}
	return t.UnixNano() - int64(c.zone)*1e9, true
}

// leadingInt reads up to nine digits; n is how many there were.
func leadingInt(b []byte) (v int, rest []byte, n int) {
	for n < len(b) && n < 9 && b[n] >= '0' && b[n] <= '9' {
		v = v*10 + int(b[n]-'0')
		n++
	}
	return v, b[n:], n
}
