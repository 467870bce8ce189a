package hub

import (
	"math"
	"sync"

	"crackle/detector"
)

const (
	tickPoints  = 16  // scores of one stream that one tick may carry; more are merged
	tickBuckets = 512 // wave buckets of one channel that one tick may carry; the oldest go
	tickSegs    = 8   // gapless runs of buckets in one tick
	tickMarks   = 16  // part changes in one tick
	axisRuns    = 4   // runs whose place on the axis is remembered
)

// mark says that a part begins.
type mark struct {
	pos       float64
	part, lot string
}

// track collects the buckets of one channel and kind between two ticks. Its buffers are allocated with the track.
type track struct {
	channel int
	kind    Kind
	buckets []float32
	segs    []segment
}

// inbox is where publishers leave what is new of one stream. The hub empties it at each tick.
type inbox struct {
	id   uint32
	name string

	mu      sync.Mutex
	status  StreamStatus
	changed bool
	axis    axis
	points  batch
	marks   []mark
	part    string
	lot     string
	started bool    // a score has come
	last    float64 // pos of the last score
	tracks  []*track
}

func newInbox(name string) *inbox {
	return &inbox{name: name, points: newBatch(tickPoints), marks: make([]mark, 0, tickMarks)}
}

func (b *inbox) setStatus(s *StreamStatus) {
	b.mu.Lock()
	b.status, b.changed = *s, true
	b.mu.Unlock()
}

func (b *inbox) addScore(s *detector.Score) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.axis.at(s.Run, s.First, b.status.RateHz)
	b.last = max(b.last, b.axis.at(s.Run, s.End, b.status.RateHz)) // a late score of an older run must not turn the plot back
	if !b.started || s.Part != b.part || s.Lot != b.lot {
		if len(b.marks) < cap(b.marks) {
			b.marks = append(b.marks, mark{from, s.Part, s.Lot})
		}
		b.started, b.part, b.lot = true, s.Part, s.Lot
	}
	b.points.add(point{pos: b.last, timeNS: s.TimeNS, value: s.Value, limit: s.Limit, verdict: s.Verdict, reason: s.Reason, n: 1})
}

// addWave copies w and returns the number of buckets that had to go to make room.
func (b *inbox) addWave(w *Wave) (dropped int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.track(w.Channel, w.Kind)
	values := w.MinMax[:len(w.MinMax)/2*2]
	first, timeNS := w.First, w.TimeNS
	b.axis.at(w.Run, first, w.RateHz) // a new run begins here, whatever is dropped
	if over := len(values)/2 - tickBuckets; over > 0 {
		values = values[2*over:]
		first += uint64(over * w.SamplesPerBucket)
		timeNS += int64(float64(over*w.SamplesPerBucket) / w.RateHz * 1e9)
		dropped += over
	}
	n := len(values) / 2
	if over := len(t.buckets)/2 + n - tickBuckets; over > 0 {
		t.forget(over)
		dropped += over
	}
	s := segment{run: w.Run, first: first, perBucket: uint32(w.SamplesPerBucket), rateHz: w.RateHz, timeNS: timeNS, from: len(t.buckets) / 2, n: n}
	s.pos = b.axis.at(w.Run, first, w.RateHz)
	b.axis.at(w.Run, first+uint64(n*w.SamplesPerBucket), w.RateHz) // the axis has been used up to here
	if k := len(t.segs) - 1; k >= 0 && t.segs[k].continues(&s) {
		t.segs[k].n += n
	} else {
		if len(t.segs) == cap(t.segs) {
			dropped += t.segs[0].n
			t.forget(t.segs[0].n)
			s.from = len(t.buckets) / 2
		}
		t.segs = append(t.segs, s)
	}
	t.buckets = append(t.buckets, values...)
	return dropped
}

// continues says whether next follows without a gap.
func (s *segment) continues(next *segment) bool {
	return s.run == next.run && s.perBucket == next.perBucket && s.rateHz == next.rateHz && s.first+uint64(s.n)*uint64(s.perBucket) == next.first
}

// forget drops the n oldest buckets.
func (t *track) forget(n int) {
	t.buckets = t.buckets[:copy(t.buckets, t.buckets[2*n:])]
	k := 0
	for _, s := range t.segs {
		gone := min(max(n-s.from, 0), s.n)
		samples := uint64(gone) * uint64(s.perBucket)
		s.first += samples
		s.pos += float64(samples) / s.rateHz
		s.timeNS += int64(float64(samples) / s.rateHz * 1e9)
		s.n -= gone
		s.from = max(s.from-n, 0)
		if s.n > 0 {
			t.segs[k] = s
			k++
		}
	}
	t.segs = t.segs[:k]
}

func (b *inbox) track(channel int, kind Kind) *track {
	for _, t := range b.tracks {
		if t.channel == channel && t.kind == kind {
			return t
		}
	}
	t := &track{channel: channel, kind: kind, buckets: make([]float32, 0, 2*tickBuckets), segs: make([]segment, 0, tickSegs)}
	b.tracks = append(b.tracks, t)
	return t
}

// axis places samples of successive runs on one line that never goes back: seconds of signal since the hub first heard the stream. The
// sample counter is the clock; a wall clock that steps back does not disturb it.
type axis struct {
	runs [axisRuns]struct {
		run  uint64
		base float64 // seconds to add to index/rate
	}
	n   int
	end float64 // farthest place given out
}

func (a *axis) at(run, index uint64, rateHz float64) float64 {
	if !(rateHz > 0) || math.IsInf(rateHz, 0) {
		rateHz = 1
	}
	t := float64(index) / rateHz
	for i := a.n - 1; i >= max(0, a.n-axisRuns); i-- {
		if r := &a.runs[i%axisRuns]; r.run == run {
			a.end = max(a.end, r.base+t)
			return r.base + t
		}
	}
	r := &a.runs[a.n%axisRuns]
	r.run, r.base = run, a.end-t
	a.n++
	return a.end
}
