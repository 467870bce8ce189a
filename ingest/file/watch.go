package file

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// watch compares the steps of a file's clock with its usual step.
type watch struct {
	period, tolerance float64 // s
	last              moment
	ready             bool // last is the row before

	back, repeat, long, short span
	unreadable                int64
}

// span counts the steps of one sort, and keeps the first and the largest.
type span struct {
	count   int64
	row     int64 // of the first, counted from 1
	size    float64
	largest float64
	largeAt int64
}

func (s *span) add(row int64, size float64) {
	if s.count == 0 {
		s.row, s.size = row, size
	}
	if s.count == 0 || size > s.largest {
		s.largest, s.largeAt = size, row
	}
	s.count++
}

// see takes the time of a row, and gives how many rows are missing before it by the clock.
func (w *watch) see(row int64, m moment) (missing uint64) {
	step := m.since(w.last)
	ready := w.ready
	w.last, w.ready = m, true
	if !ready || w.period == 0 {
		return 0
	}
	switch {
	case step < 0:
		w.back.add(row, -step)
	case math.Abs(step-w.period) <= w.tolerance:
	case step == 0:
		w.repeat.add(row, 0)
	case step > w.period:
		w.long.add(row, step)
		if n := math.Round(step/w.period) - 1; n >= 1 && n < 1<<53 {
			return uint64(n)
		}
	default:
		w.short.add(row, step)
	}
	return 0
}

// skip forgets the row before: the step to the next one is not known.
func (w *watch) skip() { w.ready = false }

// notes says what is remarkable by now.
func (w *watch) notes() (n []string) {
	if s := &w.back; s.count > 0 {
		n = append(n, fmt.Sprintf("clock steps back by %s s at row %s%s", grouped(s.size), grouped(float64(s.row)), more(s.count)))
	}
	if s := &w.repeat; s.count > 0 {
		n = append(n, fmt.Sprintf("clock stands still at row %s%s", grouped(float64(s.row)), more(s.count)))
	}
	if s := &w.long; s.count > 0 {
		n = append(n, fmt.Sprintf("%s longer than the usual %s s, the longest %s s at row %s", steps(s.count), grouped(w.period), grouped(s.largest), grouped(float64(s.largeAt))))
	}
	if s := &w.short; s.count > 0 {
		n = append(n, fmt.Sprintf("%s shorter than the usual %s s, the first %s s at row %s", steps(s.count), grouped(w.period), grouped(s.size), grouped(float64(s.row))))
	}
	if w.unreadable > 0 {
		n = append(n, fmt.Sprintf("%s rows have a time that cannot be read", grouped(float64(w.unreadable))))
	}
	return n
}

func steps(count int64) string {
	if count == 1 {
		return "1 step is"
	}
	return grouped(float64(count)) + " steps are"
}

func more(count int64) string {
	if count == 1 {
		return ""
	}
	return fmt.Sprintf(", %s times in all", grouped(float64(count)))
}

// grouped writes whole numbers with their thousands apart, 3,300, and others with six significant digits.
func grouped(v float64) string {
	if whole := math.Round(v); math.Abs(v-whole) < 1e-6*math.Abs(v) {
		v = whole // differences of instants carry rounding errors
	}
	if v != math.Trunc(v) || math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
