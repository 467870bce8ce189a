package panel

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"crackle/detector/limit"
)

// following is what follows a process that drifts: the level that rows are judged from, so that members see a process that stays where it was
// learned, and a limit. Both outlive a fresh start of the members, and a part: they are of the process, not of a run.
type following struct {
	Alpha float64 `json:"alpha"` // share of good rows above
	Unit  float64 `json:"unit"`  // one spread of the score
	Level *ground `json:"level,omitempty"`
	Rows  float64 `json:"rows,omitempty"` // above the limit that come with one false alarm, 1 or more; 0: not known, each row counts

	now   *limit.Adaptive
	above int // rows of this episode that were
}

// An alarm as false ones are raises the limit by half a spread; one episode, however long, by no more than so many of them: a fault leaves the limit about
// where it was, and one that stays is followed by the level.
const alarmsPerEpisode = 4

// settle takes a row that is judged: whether it belongs to an episode, and its score.
func (f *following) settle(episode bool, score float64) {
	if !episode {
		f.above = 0
	}
	if f.Rows > 0 && score > f.now.Limit() {
		if f.above++; float64(f.above) > alarmsPerEpisode*f.Rows {
			f.above-- // stays within a count of rows
			return
		}
	}
	f.now.Step(score)
}

// mostRows bounds how many rows may come with an alarm.
const mostRows = 1 << 20

// begin sets the limit where it starts, and the level where the lesson left it.
func (f *following) begin(at float64) error {
	var err error
	if f.now, err = limit.NewAdaptive(limit.AdaptiveConfig{Alpha: f.Alpha, Start: at, Unit: f.Unit, Step: 0.5 / max(f.Rows, 1)}); err != nil {
		return fmt.Errorf("panel: adaptive limit: %w", err)
	}
	f.above = 0
	if f.Level != nil {
		f.Level.begin()
	}
	return nil
}

func (f *following) appendState(dst []byte) []byte {
	dst, _ = f.now.AppendBinary(dst) // never fails
	if f.Rows > 0 {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(f.above))
	}
	if f.Level != nil {
		for _, v := range f.Level.offset {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
		}
	}
	return dst
}

// restoreState takes what appendState wrote and gives what follows it.
func (f *following) restoreState(b []byte) ([]byte, error) {
	const size = 8 // of an Adaptive
	if err := f.now.UnmarshalBinary(b[:min(size, len(b))]); err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	b = b[size:]
	if f.Rows > 0 {
		if len(b) < 4 {
			return nil, fmt.Errorf("panel: the rows of the episode are cut off")
		}
		if f.above = int(binary.LittleEndian.Uint32(b)); f.above > alarmsPerEpisode*mostRows {
			return nil, fmt.Errorf("panel: %d rows of an episode, must be %d at most", f.above, alarmsPerEpisode*mostRows)
		}
		b = b[4:]
	}
	if f.Level == nil {
		return b, nil
	}
	d := len(f.Level.offset)
	if len(b) < 8*d {
		return nil, fmt.Errorf("panel: the level that rows are judged from is cut off")
	}
	for j := range d {
		v := math.Float64frombits(binary.LittleEndian.Uint64(b[8*j:]))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("panel: the level that rows are judged from is %v", v)
		}
		f.Level.offset[j] = v
	}
	return b[8*d:], nil
}

const (
	drifts = 0.01 // share of the distance by which the level of a process that drifts follows a row
	pulls  = 3    // widths by which one row pulls at most: a fault moves the level slowly
)

// ground is where a process that drifts stands: a slow moving average of its rows, in which one row counts no more than a good one may. Rows less
// their distance to the level learned are as if the process had stayed there.
type ground struct {
	Home  []float64 `json:"home"`  // learned
	Width []float64 `json:"width"` // spread of the rows around the level
	Start []float64 `json:"start"` // from home to the level at the end of the lesson

	offset []float64 // from home to the level now
	row    []float64
	seen   int // rows, until the level is known; -1: it is
}

func newGround(home, width []float64) *ground {
	d := len(home)
	return &ground{Home: home, Width: width, Start: make([]float64, d), offset: make([]float64, d), row: make([]float64, d)}
}

func (l *ground) begin() {
	copy(l.offset, l.Start)
	l.seen = -1
}

// take gives a row as it would be at the level learned, and lets the level follow. A row that is not finite changes nothing. The row belongs
// to the level.
func (l *ground) take(row []float64) []float64 {
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return row
		}
	}
	gain := drifts
	if l.seen >= 0 { // the mean of the first rows
		l.seen++
		if gain = 1 / float64(l.seen); gain < drifts {
			gain, l.seen = drifts, -1
		}
	}
	for j, v := range row {
		l.row[j] = v - l.offset[j]
		away := l.row[j] - l.Home[j]
		if l.seen < 0 {
			away = min(max(away, -pulls*l.Width[j]), pulls*l.Width[j])
		}
		l.offset[j] += gain * away
	}
	return l.row
}

// over takes runs, one after the other, and gives them as they would be at the level learned.
func (l *ground) over(runs [][][]float64) [][][]float64 {
	out := make([][][]float64, len(runs))
	for i, run := range runs {
		rows, values := make([][]float64, len(run)), make([]float64, len(run)*len(l.row))
		for k, row := range run {
			rows[k], values = values[:len(l.row):len(l.row)], values[len(l.row):]
			copy(rows[k], l.take(row))
		}
		out[i] = rows
	}
	return out
}

func (l *ground) check(d int) error {
	if len(l.Home) != d || len(l.Width) != d || len(l.Start) != d {
		return fmt.Errorf("panel: level of %d, %d and %d features, must be of %d", len(l.Home), len(l.Width), len(l.Start), d)
	}
	for _, w := range l.Width {
		if !(w > 0) {
			return fmt.Errorf("panel: a level with the width %v, must be above 0", w)
		}
	}
	return nil
}

// follow has the lesson's rows judged from a level that follows them, and gives it as it stands at their end. Width is first that of all rows, drift
// among it, then that of the rows to learn from around their level.
func (l *Lesson) follow() *ground {
	first := newGround(l.Middle, l.Width)
	var flat [][]float64
	for _, run := range first.over(l.Fit) {
		flat = append(flat, run...)
	}
	f := newGround(l.Middle, widths(flat, l.Middle, l.Width))
	l.Fit = f.over(l.Fit)
	l.Held = f.over(l.Held)
	copy(f.Start, f.offset)
	return f
}

// widths are robust spreads around the middle; other for a feature that hardly moves.
func widths(rows [][]float64, middle, other []float64) []float64 {
	out := make([]float64, len(middle))
	x := make([]float64, len(rows))
	for j := range out {
		for i, r := range rows {
			x[i] = math.Abs(r[j] - middle[j])
		}
		slices.Sort(x)
		if out[j] = x[int(0.8*float64(len(x)-1))] / 1.2816; !(out[j] > 1e-3*other[j]) {
			out[j] = other[j]
		}
	}
	return out
}
