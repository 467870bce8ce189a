package member

import (
	"fmt"
	"math"
)

// A lesson of a few hundred rows shows little of how far channels wander: its long lags fit into it only a few times. onward goes on to learn it
// from rows that turned out good, those that no episode followed within delay rows, so that a slow fault does not teach itself. For each of
// four lags it holds the mean squared difference of the moving averages that far apart, the lesson's to begin with; what they show beyond
// noise widens a channel's scale. Channels wander together, too: what the mean square of the distance over all of them shows beyond the lesson's
// widens its unit, by half its decades, for it rests on few such wanders. Neither falls below that of the lesson.
type onward struct {
	rows    int         // of the lesson
	noise   []float64   // per channel, variance of the moving average of noise alone
	first   [][]float64 // [lag][channel] mean squared difference in the lesson
	learned []float64   // per channel, scale from the lesson
	horizon float64
	unit    float64 // of the distance, from the lesson
	square  float64 // mean square of the distance in the lesson

	stride int   // rows between two that are looked at
	delay  int   // in strides
	lags   []int // in strides

	mean  [][]float64 // as first, learned on
	count []float64   // differences in it
	scale []float64   // per channel, learned on
	wide  float64     // square, learned on
	seen  float64     // distances in it
	ring  [][]float64 // moving averages, a stride apart
	far   []float64   // their squared distances
	at    int         // of the oldest
	held  int         // how many of the ring belong to a stretch without an episode
	since int         // rows since the last stride
}

// onwardLooks is how many rows of the lesson are looked at, and onwardMemory how many lessons the mean squared differences remember.
const (
	onwardLooks  = 80
	onwardMemory = 20
)

// wanderLags are the parts of the lesson that are taken for lags.
var wanderLags = [...]int{16, 8, 4, 2}

// newOnward takes the noise and the mean squared differences of a lesson's scaled rows and of their moving averages.
func newOnward(c LevelConfig, scaled, means [][]float64, learned []float64) *onward {
	o := emptyOnward(c, len(scaled), len(learned))
	copy(o.learned, learned)
	n := float64(len(scaled))
	for j := range learned {
		mean, variance := 0.0, 0.0
		for _, r := range scaled {
			mean += r[j] / n
		}
		for _, r := range scaled {
			variance += (r[j] - mean) * (r[j] - mean) / n
		}
		o.noise[j] = variance * c.Alpha / (2 - c.Alpha)
		for k := range o.lags {
			from, lag := o.rows/8, o.lag(k)
			for i := from; i+lag < o.rows; i++ {
				e := means[i+lag][j] - means[i][j]
				o.first[k][j] += e * e / float64(o.rows-from-lag)
			}
		}
	}
	return o
}

// emptyOnward is one of a lesson of so many rows that has still to be told what it showed.
func emptyOnward(c LevelConfig, rows, channels int) *onward {
	o := &onward{
		rows: rows, noise: make([]float64, channels), learned: make([]float64, channels), horizon: c.Horizon,
		stride: max(rows/onwardLooks, 1), count: make([]float64, len(wanderLags)), scale: make([]float64, channels),
	}
	o.delay = (c.Onward + o.stride - 1) / o.stride
	for _, part := range wanderLags {
		o.lags = append(o.lags, max(rows/part/o.stride, 1))
		o.first, o.mean = append(o.first, make([]float64, channels)), append(o.mean, make([]float64, channels))
	}
	for range o.delay + o.lags[len(o.lags)-1] + 1 {
		o.ring, o.far = append(o.ring, make([]float64, channels)), append(o.far, 0)
	}
	return o
}

// lag is the k-th in rows.
func (o *onward) lag(k int) int { return o.lags[k] * o.stride }

// lesson is how many differences the lesson had of the k-th lag, in strides.
func (o *onward) lesson(k int) float64 {
	return max(float64(o.rows-o.rows/8-o.lag(k))/float64(o.stride), 1)
}

// strides is how many rows of the lesson were a stride apart.
func (o *onward) strides() float64 { return float64(o.rows / o.stride) }

// reset forgets what was learned on.
func (o *onward) reset() {
	for k := range o.lags {
		copy(o.mean[k], o.first[k])
		o.count[k] = o.lesson(k)
	}
	copy(o.scale, o.learned)
	o.wide, o.seen = o.square, o.strides()
	o.at, o.held, o.since = 0, 0, 0
}

// widened is the unit, learned on.
func (o *onward) widened() float64 {
	return o.unit * math.Sqrt(math.Sqrt(max(o.wide/o.square, 1)))
}

// step takes the moving average of a row that has been judged, its distance, and whether it belongs to an episode.
func (o *onward) step(mean []float64, distance float64, episode bool) {
	if episode {
		o.held, o.since = 0, 0
		return
	}
	if o.since++; o.since < o.stride {
		return
	}
	o.since = 0
	copy(o.ring[o.at], mean)
	o.far[o.at] = distance * distance
	o.at = (o.at + 1) % len(o.ring)
	o.held = min(o.held+1, len(o.ring))
	if o.held <= o.delay+o.lags[0] {
		return
	}
	good := o.back(o.delay)
	o.seen = min(o.seen+1, onwardMemory*o.strides())
	o.wide += (o.far[o.place(o.delay)] - o.wide) / o.seen
	for k, lag := range o.lags {
		if o.held <= o.delay+lag {
			break
		}
		o.count[k] = min(o.count[k]+1, onwardMemory*o.lesson(k))
		for j, v := range o.back(o.delay + lag) {
			o.mean[k][j] += ((good[j]-v)*(good[j]-v) - o.mean[k][j]) / o.count[k]
		}
	}
	o.widen()
}

// place is where the ring holds what was so many strides before the last.
func (o *onward) place(strides int) int {
	n := len(o.ring)
	return (o.at - 1 - strides + 2*n) % n
}

// back is the moving average so many strides before the last.
func (o *onward) back(strides int) []float64 { return o.ring[o.place(strides)] }

// widen makes the scales of what is known.
func (o *onward) widen() {
	for j, learned := range o.learned {
		if learned == 0 {
			continue
		}
		slope := 0.0
		for k := range o.lags {
			slope += max(o.mean[k][j]-2*o.noise[j], 0) / float64(o.lag(k)) / float64(len(o.lags))
		}
		o.scale[j] = max(math.Sqrt(o.noise[j]+o.horizon*slope), learned)
	}
}

// onwardFile is what of a lesson is needed to learn on.
type onwardFile struct {
	Rows   int         `json:"rows"`
	Noise  []float64   `json:"noise"`
	First  [][]float64 `json:"first"`
	Square float64     `json:"square"`
}

func (o *onward) file() *onwardFile {
	if o == nil {
		return nil
	}
	return &onwardFile{o.rows, o.noise, o.first, o.square}
}

// onward checks what was kept for a level of that configuration, those scales and that unit.
func (f *onwardFile) onward(c LevelConfig, learned []float64, unit float64) (*onward, error) {
	if f == nil {
		if c.Onward != 0 {
			return nil, fmt.Errorf("wander is to be learned on after %d rows, but what the lesson showed of it is not there", c.Onward)
		}
		return nil, nil
	}
	d := len(learned)
	most := mostRing / d
	if f.Rows < leastRows || f.Rows > 1<<30 || c.Onward < 1 || c.Onward/max(f.Rows/onwardLooks, 1) > most-onwardLooks || len(f.Noise) != d || len(f.First) != len(wanderLags) || !(c.Horizon >= 0) {
		return nil, fmt.Errorf("wander of %d rows and %d channels at %d lags, learned on after %d: must be of at least %d rows, of %d channels at %d lags, after 1 to %d strides", f.Rows, len(f.Noise), len(f.First), c.Onward, leastRows, d, len(wanderLags), most)
	}
	if !(f.Square > 0) || math.IsInf(f.Square, 0) {
		return nil, fmt.Errorf("mean square of the distance is %v, must be above 0 and finite", f.Square)
	}
	for _, x := range append([][]float64{f.Noise}, f.First...) {
		if len(x) != d {
			return nil, fmt.Errorf("wander of %d channels for %d", len(x), d)
		}
		for j, v := range x {
			if !(v >= 0) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("wander of channel %d is %v, must be at least 0 and finite", j, v)
			}
		}
	}
	o := emptyOnward(c, f.Rows, d)
	o.unit, o.square = unit, f.Square
	copy(o.noise, f.Noise)
	copy(o.learned, learned)
	for k, x := range f.First {
		copy(o.first[k], x)
	}
	o.reset()
	return o, nil
}

func (o *onward) writeState(w *stateWriter) {
	w.count(o.at)
	w.count(o.held)
	w.count(o.since)
	w.row(o.count)
	for _, x := range o.mean {
		w.row(x)
	}
	for _, x := range o.ring {
		w.row(x)
	}
	w.row(o.scale)
	w.row(o.far)
	w.number(o.wide)
	w.number(o.seen)
}

func (o *onward) readState(r *stateReader) {
	o.at, o.held, o.since = r.count(len(o.ring)-1), r.count(len(o.ring)), r.count(o.stride)
	r.row(o.count)
	for k, n := range o.count {
		r.bad = r.bad || n < o.lesson(k) || n > onwardMemory*o.lesson(k)
	}
	for _, x := range o.mean {
		r.row(x)
	}
	for _, x := range o.ring {
		r.row(x)
	}
	r.row(o.scale)
	for j, v := range o.scale {
		r.bad = r.bad || v < o.learned[j]
	}
	r.row(o.far)
	o.wide, o.seen = r.number(), r.number()
	r.bad = r.bad || o.wide < 0 || o.seen < o.strides() || o.seen > onwardMemory*o.strides()
}
