package panel

import (
	"encoding/binary"
	"fmt"
	"math"

	"crackle/detector/limit"
	"crackle/detector/member"
)

// State is how the process stands to the level that the panel learned.
type State uint8

const (
	Steady     State = iota // at it, or in alarm away from it
	Recovering              // below the limit after an episode, but not settled yet
	NewRegime               // settled at another level, where it is now judged from
)

// Rules of an episode, in rows.
const (
	settleRows = 8    // back and not moving, in a row, before an episode is over
	acceptRows = 600  // at a level that has stopped moving, until it is a new regime
	offShare   = 0.7  // of the limit, below which a row is back
	undone     = 0.3  // share left of the deviation at an episode's height, along it, below which it is undone
	remain     = 0.5  // and of the height in any direction
	recently   = 0.1  // weight of the newest row in the recent level
	slowly     = 0.02 // and in the level over a longer time, which a new regime is judged from
	deep       = 0.4  // of the limit, below which a row is at home and counts half towards the end, although the last rows still tell of movement
	follows    = 0.01 // share of the distance by which the level judged from follows a row, away from the known one
	atHome     = 1.0  // spreads of every feature within which the recent level is the known one
)

// regime tells a fault from the recovery after it, and a recovery from another level that has come to stay. A score that falls is not the end of an
// episode: a process that comes back is first on the move, then settles, perhaps beside the old level. The rule is that of limit.Episode, as the
// benchmarks are run with it. At a new level the members start anew and see rows as if their level had not changed; at one that is less than a
// spread from the known one, those that judge from a level of their own take it up.
type regime struct {
	home, width []float64     // the level learned and its spread
	shift       *member.Shift // whether the process is moving; nil: not known

	level   bool // a member judges from a level: without one the lesson has shown none to leave
	accept  int
	episode *limit.Episode
	recent  []float64 // level of the last rows
	slow    []float64 // and over a longer time
	offset  []float64 // from the known level to the one judged from
	row     []float64 // less the offset
	moving  float64
	away    bool
	near    int // rows in a row that were at the known level while away
	begun   bool
}

// based is a member that judges from a level of its own, which follows the process slowly.
type based interface {
	Hold(on bool)
	Left() float64
	Rebase()
}

func newRegime(home, width []float64, shift *member.Shift, accept int) *regime {
	d := len(home)
	r := &regime{home: home, width: width, shift: shift, accept: accept, recent: make([]float64, d), slow: make([]float64, d), offset: make([]float64, d), row: make([]float64, d)}
	moving := 1.0
	if shift == nil {
		moving = 0
	}
	r.episode = limit.NewEpisode(limit.EpisodeConfig{On: 1, Off: offShare, Undone: undone, Remain: remain, Moving: moving, Deep: deep, Settle: settleRows, Accept: accept})
	r.forget()
	return r
}

// forget takes the process for at the known level.
func (r *regime) forget() {
	r.episode.Reset()
	r.restart()
	clear(r.offset)
	r.away, r.near = false, 0
}

// restart forgets the last rows, but not where the process stands.
func (r *regime) restart() {
	if r.shift != nil {
		r.shift.Reset()
	}
	r.begun, r.moving = false, 0
}

// take notes a row and gives it as the members are to see it. A row that is not finite changes nothing.
func (r *regime) take(row []float64) []float64 {
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return row
		}
	}
	r.moving = 0
	if r.shift != nil {
		if v := r.shift.Score(row); v == v {
			r.moving = v
		}
	}
	if !r.begun {
		copy(r.recent, row)
		copy(r.slow, row)
		r.begun = true
	}
	for j, v := range row {
		r.recent[j] += recently * (v - r.recent[j])
		r.slow[j] += slowly * (v - r.slow[j])
		r.row[j] = v - r.offset[j]
	}
	return r.row
}

// distance is how far the recent level is from the known one, in spreads of the feature that is farthest.
func (r *regime) distance() float64 {
	far := 0.0
	for j, v := range r.recent {
		far = max(far, math.Abs(v-r.home[j])/r.width[j])
	}
	return far
}

// settle takes the opinion of the row last taken. It tells whether the process is now to be judged from another level than before.
func (r *regime) settle(o *Opinion, left float64) (moved bool) {
	if o.Score != o.Score || !(o.Limit > 0) {
		return false
	}
	_, rebase := r.episode.Step(limit.Reading{Score: o.Score / o.Limit, Left: left, Moving: r.moving})
	if r.away {
		r.track()
		if r.near++; r.distance() > atHome {
			r.near = 0
		}
		if r.near > settleRows { // the known level is back
			clear(r.offset)
			r.away, r.near = false, 0
			r.episode.Reset()
			return true
		}
	}
	if !rebase || !r.level {
		return false
	}
	if r.away = r.distance() > atHome; r.away {
		level := r.recent
		if r.episode.State() == limit.NewRegime {
			level = r.slow
		}
		for j, v := range level {
			r.offset[j] = v - r.home[j]
		}
	} else {
		clear(r.offset)
	}
	r.near = 0
	return true
}

// track moves the level judged from towards the last row, but not in an episode.
func (r *regime) track() {
	if r.episode.State().InAlarm() {
		return
	}
	for j, v := range r.row {
		r.offset[j] += follows * (v - r.home[j])
	}
}

// state is where the process stands with the opinion last settled.
func (r *regime) state(o *Opinion) State {
	on := r.episode.State().InAlarm()
	switch {
	case on && o.Score <= o.Limit:
		return Recovering
	case r.away && !on:
		return NewRegime
	}
	return Steady
}

type regimeFile struct {
	Home   []float64     `json:"home"`
	Width  []float64     `json:"width"`
	Shift  *member.Shift `json:"shift,omitempty"`
	Accept int           `json:"accept"`
}

func (r *regime) file() *regimeFile { return &regimeFile{r.home, r.width, r.shift, r.accept} }

func (f *regimeFile) regime(d int) (*regime, error) {
	if len(f.Home) != d || len(f.Width) != d || f.Accept < 0 || f.Shift != nil && f.Shift.Width() != d {
		return nil, fmt.Errorf("panel: regime of %d and %d features, new after %d rows: must be of %d, and the rows not below 0", len(f.Home), len(f.Width), f.Accept, d)
	}
	for _, w := range f.Width {
		if !(w > 0) {
			return nil, fmt.Errorf("panel: regime has the width %v, must be above 0", w)
		}
	}
	return newRegime(f.Home, f.Width, f.Shift, f.Accept), nil
}

// appendState appends where the process stands.
func (r *regime) appendState(dst []byte, saver *member.Saver) []byte {
	flags := byte(0)
	if r.away {
		flags |= 1
	}
	if r.begun {
		flags |= 2
	}
	dst = append(dst, flags, byte(r.near))
	for _, x := range [][]float64{r.recent, r.slow, r.offset} {
		for _, v := range x {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
		}
	}
	dst, _ = r.episode.AppendBinary(dst) // never fails
	if r.shift != nil {
		dst = saver.Append(dst, r.shift)
	}
	return dst
}

func (r *regime) restoreState(b []byte) error {
	d := len(r.recent)
	if len(b) < 2+24*d+limit.EpisodeBytes || b[0] > 3 || b[1] > settleRows {
		return fmt.Errorf("panel: the state of the process is cut off or unknown")
	}
	r.away, r.begun, r.near = b[0]&1 != 0, b[0]&2 != 0, int(b[1])
	b = b[2:]
	for _, x := range [][]float64{r.recent, r.slow, r.offset} {
		for j := range x {
			x[j] = math.Float64frombits(binary.LittleEndian.Uint64(b))
			b = b[8:]
		}
	}
	if err := r.episode.UnmarshalBinary(b[:limit.EpisodeBytes]); err != nil {
		return err
	}
	b = b[limit.EpisodeBytes:]
	if r.shift != nil {
		return member.RestoreState(b, r.shift)
	}
	if len(b) > 0 {
		return fmt.Errorf("panel: %d bytes follow the state of the process", len(b))
	}
	return nil
}
