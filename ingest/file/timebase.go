package file

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timebase is how the rows of a file lie in time.
type timebase struct {
	clock
	counter int     // column that only numbers the rows, -1 for none
	first   moment  // of the first row, when the clock has a column
	period  float64 // usual step of the clock, s; 0 without a clock
	quantum float64 // resolution of its cells, s
	regular bool    // nine of ten steps of the head are the usual one
	rateHz  float64
}

// findTimebase finds the time column and the rate.
func (l *layout) findTimebase(o Options) (*timebase, error) {
	b := &timebase{clock: clock{column: -1, second: -1, comma: l.comma, zone: o.Zone, layout: o.TimeLayout}, counter: -1}
	if b.zone == nil {
		b.zone = time.UTC
	}
	if err := b.chooseColumn(l, o); err != nil {
		return nil, err
	}
	if b.column >= 0 {
		if err := b.settle(l, o); err != nil {
			return nil, err
		}
	}
	return b, b.chooseRate(l, o)
}

// chooseColumn takes the column that is named, else one of dates, else one whose name says time, else a first column that rises evenly.
func (b *timebase) chooseColumn(l *layout, o Options) error {
	if o.Time == NoTime {
		return nil
	}
	if o.Time != "" {
		i, err := l.find(o.Time)
		if err != nil {
			return fmt.Errorf("time column: %w", err)
		}
		b.column = i
		return nil
	}
	for i := range l.columns {
		base, _ := timeName(l.columns[i].name)
		if l.columns[i].kind == stampColumn || b.layout != "" && timeNames[base] {
			b.column = i
			return nil
		}
	}
	for i := range l.columns {
		c := &l.columns[i]
		base, unit := timeName(c.name)
		_, underName := timeUnits[strings.ToLower(strings.Trim(c.unit, "()[]"))]
		if c.kind == numberColumn && (timeNames[base] || unit > 0 && base == "x" || underName) && l.rises(i) {
			b.column = i
			return nil
		}
	}
	l.lookAtFirst(b)
	return nil
}

// lookAtFirst looks at a first column of numbers without a telling name: does it count the rows, or is it time?
func (l *layout) lookAtFirst(b *timebase) {
	c := &l.columns[0]
	unnamed := l.header == 0 || c.name == "c1"
	if c.kind != numberColumn || len(l.columns) < 2 || !unnamed && !counterNames[strings.ToLower(c.name)] {
		return
	}
	v := l.numbers(0)
	if len(v) < 3 {
		return
	}
	step, even := v[1]-v[0], true
	for i := 1; i < len(v); i++ {
		even = even && math.Abs(v[i]-v[i-1]-step) <= 1e-3*math.Abs(step)
	}
	epoch := v[0] > 1e8 && l.rises(0)
	switch {
	case step == 1 && even && !epoch:
		b.counter = 0
		l.notes = append(l.notes, fmt.Sprintf("column 1 %q only numbers the rows and is no channel", c.name))
	case (unnamed || strings.EqualFold(c.name, "x")) && (step > 0 && even || epoch):
		b.column = 0
		l.notes = append(l.notes, fmt.Sprintf("column 1 %q rises evenly and is taken as the time", c.name))
	}
}

// numbers are the values of a column in the rows of the head; rows that do not fit are passed over.
func (l *layout) numbers(col int) (v []float64) {
	for _, c := range l.cells() {
		if x, k := parse(c[col], l.comma, 64); k == number {
			v = append(v, x)
		}
	}
	return v
}

// rises says whether a column goes up at nearly every step.
func (l *layout) rises(col int) bool {
	v := l.numbers(col)
	up := 0
	for i := 1; i < len(v); i++ {
		if v[i] >= v[i-1] {
			up++
		}
	}
	return len(v) > 1 && v[len(v)-1] > v[0] && float64(up) >= 0.9*float64(len(v)-1)
}

// cells are the cells of all rows of the head that fit, padded to the columns.
func (l *layout) cells() [][][]byte {
	if l.fitting == nil {
		for i := range l.rows {
			r := &l.rows[i]
			if isComment(r.text) || !l.fits(r) {
				continue
			}
			for len(r.cells) < len(l.columns) {
				r.cells = append(r.cells, nil)
			}
			l.fitting = append(l.fitting, r.cells)
		}
	}
	return l.fitting
}

// settle finds out how the time column's cells are to be read.
func (b *timebase) settle(l *layout, o Options) error {
	c := &l.columns[b.column]
	name := c.name
	switch {
	case b.layout != "":
	case c.kind == stampColumn:
		b.stamps = true
		if err := b.settleStamps(l); err != nil {
			return err
		}
	case c.kind == numberColumn:
		if err := b.settleNumbers(l, o); err != nil {
			return err
		}
	default:
		return fmt.Errorf("time column %q holds %q, which is no usual date, time or number; give its layout", name, l.cells()[0][b.column])
	}
	var moments []moment
	for i, cells := range l.cells() {
		m, ok := b.read(cells)
		if !ok && i == 0 {
			return fmt.Errorf("time column %q: cannot read %q in the first row; give its layout, or no time column and a rate", name, cells[b.column])
		}
		if ok {
			moments = append(moments, m)
		}
	}
	b.first = moments[0]
	b.period, b.quantum = usualStep(moments)
	b.regular = regular(moments, b.period, b.tolerance())
	if b.absolute() && !b.zoned && b.zone == time.UTC && b.stamps {
		l.notes = append(l.notes, fmt.Sprintf("times in column %q carry no zone and are read as UTC", name))
	}
	return nil
}

// settleStamps tells days from months, dates from times of day, and finds a time of day in the column beside a date.
func (b *timebase) settleStamps(l *layout) error {
	dayOver12, monthOver12, ambiguous, clocked := false, false, "", false
	for i, cells := range l.cells() {
		c, ok := scan(cells[b.column])
		if !ok {
			continue
		}
		if i == 0 {
			b.daily, b.zoned = c.yearAt < 0, c.zoned
		}
		clocked = clocked || c.hasTime
		if c.yearAt == 2 && !c.dot {
			dayOver12 = dayOver12 || c.field[0] > 12
			monthOver12 = monthOver12 || c.field[1] > 12
			ambiguous = string(cells[b.column])
		}
	}
	switch {
	case monthOver12:
		b.order = monthFirst
	case ambiguous != "" && !dayOver12:
		return fmt.Errorf("time column %q: %q may be day/month or month/day; give its layout, such as \"02/01/2006 15:04:05\"", l.columns[b.column].name, ambiguous)
	default:
		b.order = dayFirst
	}
	if next := b.column + 1; !clocked && next < len(l.columns) && l.columns[next].kind == stampColumn {
		if c, ok := scan(l.cells()[0][next]); ok && c.yearAt < 0 {
			b.second, b.zoned = next, c.zoned
		}
	}
	return nil
}

// settleNumbers finds the unit, by what is said, by the header or by the size of an epoch.
func (b *timebase) settleNumbers(l *layout, o Options) error {
	c := &l.columns[b.column]
	_, b.unit = timeName(c.name)
	if u := timeUnits[strings.ToLower(strings.Trim(c.unit, "()[]"))]; u > 0 {
		b.unit = u
	}
	if o.TimeUnit != "" {
		if b.unit = timeUnits[strings.ToLower(o.TimeUnit)]; b.unit == 0 {
			return fmt.Errorf("unit of time %q is not known; give s, ms, us, ns, min, h or d", o.TimeUnit)
		}
	}
	v := l.numbers(b.column)
	if len(v) == 0 {
		return fmt.Errorf("time column %q holds no number in the first rows; name another column, or none and a rate", c.name)
	}
	// An epoch counts from 1970: some time between 1973 and 2200 in one of the usual units.
	for _, e := range []struct{ unit, from, to float64 }{{1, 1e8, 7.3e9}, {1e-3, 1e11, 7.3e12}, {1e-6, 1e14, 7.3e15}, {1e-9, 1e17, 7.3e18}} {
		if v[0] >= e.from && v[0] < e.to && (b.unit == 0 || b.unit == e.unit) {
			b.epoch, b.unit = true, e.unit
		}
	}
	if b.unit == 0 {
		b.unit = 1
		if len(v) > 2 && v[1]-v[0] == 1 && v[2]-v[1] == 1 && v[0] >= 0 && v[0] <= 1 && o.RateHz == 0 {
			l.notes = append(l.notes, fmt.Sprintf("column %q counts up by 1 and was read as seconds; if it numbers the rows, give the rate", c.name))
		}
	}
	return nil
}

// tolerance is by how much a step may differ from the usual one, s.
func (b *timebase) tolerance() float64 { return max(0.01*b.period, 1.01*b.quantum) }

// regular reports whether nine of ten steps are the usual one.
func regular(m []moment, period, tolerance float64) bool {
	n := 0
	for i := 1; i < len(m); i++ {
		if math.Abs(m[i].since(m[i-1])-period) <= tolerance {
			n++
		}
	}
	return period > 0 && len(m) > 2 && 10*n >= 9*(len(m)-1)
}

// usualStep is the mean step where the clock runs evenly within its resolution, else the median step; 0 when it does not advance.
func usualStep(m []moment) (step, quantum float64) {
	if len(m) < 2 {
		return 0, 0
	}
	steps := make([]float64, len(m)-1)
	for i := range steps {
		steps[i] = m[i+1].since(m[i])
	}
	slices.Sort(steps)
	shortest, longest, median := steps[0], steps[len(steps)-1], steps[len(steps)/2]
	mean, spread := m[len(m)-1].since(m[0])/float64(len(steps)), longest-shortest
	if shortest < 0 {
		return max(median, 0), 0
	}
	// Rounded instants of an even clock have steps of two lengths and lie within their difference of the even line.
	// A few steps of twice the length are rows that are missing, not a coarse clock.
	if spread > 0.02*mean && (share(steps, shortest)+share(steps, longest) < 1 || spread > 0.5*median && share(steps, median) > 0.9 && median > 0) {
		return median, 0
	}
	for i := range m {
		if off := m[i].since(m[0]) - mean*float64(i); math.Abs(off) > 1.01*spread+1e-12 {
			return median, 0
		}
	}
	return mean, spread
}

// share is the share of steps that equal the given one to a thousandth of the longest.
func share(sorted []float64, step float64) float64 {
	n := 0
	for _, s := range sorted {
		if math.Abs(s-step) <= 1e-3*sorted[len(sorted)-1] {
			n++
		}
	}
	return float64(n) / float64(len(sorted))
}

// chooseRate takes the rate that is said, else that of the clock, else that of a header's time base.
func (b *timebase) chooseRate(l *layout, o Options) error {
	clocked := 0.0
	switch {
	case b.period > 0:
		clocked = 1 / b.period
	case l.increment > 0:
		clocked = 1 / l.increment
	}
	b.rateHz = snap(clocked)
	if o.RateHz != 0 {
		b.rateHz = o.RateHz
		if clocked > 0 && math.Abs(clocked/o.RateHz-1) > 0.01 {
			l.notes = append(l.notes, fmt.Sprintf("rate is %v Hz as given; by its clock the file has %.6g Hz", o.RateHz, clocked))
		}
	}
	switch {
	case b.rateHz > 0 && !math.IsInf(b.rateHz, 0):
		return nil
	case o.RateHz != 0:
		return fmt.Errorf("rate is %v Hz; give a finite rate above 0", o.RateHz)
	case b.column >= 0:
		return fmt.Errorf("time column %q does not advance in the first %d rows; give the rate in Hz", l.columns[b.column].name, len(l.cells()))
	}
	return fmt.Errorf("no rate: none of the columns %s is a time; give the rate in Hz, or name the time column", l.list())
}

// snap undoes the rounding of 1/step: a rate that is within 1e-12 of one of six digits is that.
func snap(hz float64) float64 {
	if round, err := strconv.ParseFloat(strconv.FormatFloat(hz, 'g', 6, 64), 64); err == nil && math.Abs(round-hz) <= 1e-12*hz {
		return round
	}
	return hz
}

// find returns the column of that name or number.
func (l *layout) find(name string) (int, error) {
	for i := range l.columns {
		if l.columns[i].name == name {
			return i, nil
		}
	}
	for i := range l.columns {
		if strings.EqualFold(l.columns[i].name, name) {
			return i, nil
		}
	}
	var n int
	if _, err := fmt.Sscanf(strings.TrimPrefix(name, "#")+" ", "%d ", &n); err == nil && n >= 1 && n <= len(l.columns) {
		return n - 1, nil
	}
	return 0, fmt.Errorf("there is no column %q; give one of %s, or a number from 1 to %d", name, l.list(), len(l.columns))
}

// list names the columns for a message.
func (l *layout) list() string {
	var b strings.Builder
	for i := range l.columns {
		if i == 12 {
			fmt.Fprintf(&b, " and %d more", len(l.columns)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", l.columns[i].name)
	}
	return b.String()
}
