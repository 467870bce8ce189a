package app

import (
	"context"
	"math"
	"slices"
	"sync"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/web/api"
)

const (
	cyclePoints = 200 // of an envelope, over one cycle
	cyclesKept  = 256 // good ones, that the band is made of
	cyclesLeast = 8   // good ones, below which there is no band
	bandTail    = 0.01
)

// cycles keeps the envelope of a cycle-synchronous stream's newest cycle, and those of good cycles before. An envelope is the root mean square of the
// conditioned signal in equal parts of the cycle. Rows and scored are called by the stream's goroutine and allocate nothing.
type cycles struct {
	channels, channel int // in the rows; the one that is shown
	perWindow         uint64

	ring []float32 // newest samples of the channel; sample i is at i modulo its length
	end  uint64    // one past the newest
	from uint64    // the oldest that are whole, since a break

	mu   sync.Mutex
	last [cyclePoints]float32
	seen bool
	good [][cyclePoints]float32
	next int // of good, when it is full
}

// newCycles is nil for a stream of another kind.
func newCycles(s *config.Stream, h *Chain) *cycles {
	c := s.Window.Cycle
	if !c.On() {
		return nil
	}
	shown := slices.IndexFunc(s.Channels, func(name string) bool { return name != c.Channel })
	averaged := max(1, c.AverageCycles)
	samples := int(2*float64(averaged)*s.ConditionedHz()/c.NominalHz) + 1
	y := &cycles{channels: len(s.Channels), channel: max(0, shown), perWindow: uint64(averaged), ring: make([]float32, samples), good: make([][cyclePoints]float32, 0, cyclesKept)}
	h.Tap(y.rows)
	return y
}

// rows takes conditioned rows as Chain.Tap gives them.
func (y *cycles) rows(first uint64, rows []float32) {
	if first != y.end {
		y.from = first
	}
	n := uint64(len(y.ring))
	for i := y.channel; i < len(rows); i += y.channels {
		y.ring[first%n] = rows[i]
		first++
	}
	y.end = first
}

// scored takes the cycle that a window from first to end (conditioned samples) stands for.
func (y *cycles) scored(first, end uint64, verdict detector.Verdict) {
	if end <= first {
		return
	}
	first = end - (end-first)/y.perWindow // the newest of those that were averaged
	n := uint64(len(y.ring))
	if end > y.end || first < y.from || y.end-first > n || end == first {
		return
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	length := end - first
	for p := range uint64(cyclePoints) {
		lo, hi := first+p*length/cyclePoints, first+(p+1)*length/cyclePoints
		hi = max(hi, lo+1)
		sum := 0.0
		for i := lo; i < hi; i++ {
			v := float64(y.ring[i%n])
			sum += v * v
		}
		y.last[p] = float32(math.Sqrt(sum / float64(hi-lo)))
	}
	y.seen = true
	switch {
	case verdict != detector.OK:
	case len(y.good) < cyclesKept:
		y.good = append(y.good, y.last)
	default:
		y.good[y.next] = y.last
		y.next = (y.next + 1) % cyclesKept
	}
}

// envelope is nil before the first cycle.
func (y *cycles) envelope() *api.Envelope {
	y.mu.Lock()
	last, seen, good := y.last, y.seen, slices.Clone(y.good)
	y.mu.Unlock()
	if !seen {
		return nil
	}
	e := &api.Envelope{Cycles: len(good)}
	column := make([]float32, len(good))
	for p := range last {
		low, high := math.NaN(), math.NaN()
		if len(good) >= cyclesLeast {
			for i := range good {
				column[i] = good[i][p]
			}
			slices.Sort(column)
			k := int(bandTail * float64(len(column)))
			low, high = float64(column[k]), float64(column[len(column)-1-k])
		}
		e.Phase = append(e.Phase, api.Number((float64(p)+0.5)/cyclePoints))
		e.Last = append(e.Last, api.Number(last[p]))
		e.Low, e.High = append(e.Low, api.Number(low)), append(e.High, api.Number(high))
	}
	return e
}

// Envelope implements api.Enveloper.
func (a *App) Envelope(_ context.Context, stream string) (*api.Envelope, error) {
	s := a.stream(stream)
	if s == nil {
		return nil, unknownStream(stream)
	}
	if s.cycles == nil {
		return nil, api.NotFound("envelope", "stream %s: its windows do not follow a cycle; set [stream.%q.window.cycle] where there is an excitation", stream, stream)
	}
	if e := s.cycles.envelope(); e != nil {
		e.Channel, e.Unit = s.cfg.Channels[s.cycles.channel], unitOf(&s.cfg, s.cycles.channel)
		return e, nil
	}
	return nil, api.NotFound("envelope", "stream %s: no whole cycle has come yet", stream)
}
