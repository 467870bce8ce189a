package evidence

import "crackle/ingest/block"

// maxSegments is the number of segments that a ring remembers; older ones go with their samples.
const maxSegments = 512

// ring holds the newest frames of a signal, a frame being one sample of each channel, with their places in the stream.
type ring struct {
	channels int
	rateHz   float64
	buf      []float32 // cap frames × channels
	frames   int       // capacity
	at       int       // frame of the next write
	n        int       // frames held
	segs     [maxSegments]Segment
	from     int // oldest segment
	len      int // segments held
}

func newRing(channels, frames int, rateHz float64) *ring {
	return &ring{channels: channels, rateHz: rateHz, frames: frames, buf: make([]float32, channels*frames)}
}

func (r *ring) seg(i int) *Segment { return &r.segs[(r.from+i)%maxSegments] }

// push takes the next samples. What s says of them decides whether they belong to the newest segment or begin a new one. s.Count is set here.
func (r *ring) push(s Segment, samples []float32) {
	s.Count = len(samples) / r.channels
	if s.Count == 0 && s.Flags&(block.PartBegin|block.PartEnd) == 0 {
		return
	}
	if over := s.Count - r.frames; over > 0 {
		samples = samples[over*r.channels:]
		r.ahead(&s, over)
	}
	for r.n+s.Count > r.frames {
		r.forget(r.n + s.Count - r.frames)
	}
	for n := s.Count; n > 0; {
		k := min(n, r.frames-r.at)
		copy(r.buf[r.at*r.channels:], samples[:k*r.channels])
		samples = samples[k*r.channels:]
		r.at = (r.at + k) % r.frames
		n -= k
	}
	r.n += s.Count
	if r.len > 0 {
		if last := r.seg(r.len - 1); last.continues(&s) {
			last.Count += s.Count
			last.Flags |= s.Flags
			return
		}
	}
	if r.len == maxSegments {
		r.drop()
	}
	r.len++
	*r.seg(r.len - 1) = s
}

func (g *Segment) continues(s *Segment) bool {
	return s.Run == g.Run && s.First == g.First+uint64(g.Count) && s.Part == g.Part && s.Lot == g.Lot &&
		g.Flags&block.PartEnd == 0 && s.Flags&block.PartBegin == 0 && s.Count > 0
}

// ahead moves the beginning of a segment.
func (r *ring) ahead(g *Segment, frames int) {
	g.First += uint64(frames)
	g.Count -= frames
	g.Flags &^= block.PartBegin
	if r.rateHz > 0 {
		g.TimeNS += int64(float64(frames) / r.rateHz * 1e9)
	}
}

// forget drops up to that many of the oldest frames, at most one segment's.
func (r *ring) forget(frames int) {
	g := r.seg(0)
	if g.Count <= frames {
		r.drop()
		return
	}
	r.ahead(g, frames)
	r.n -= frames
}

// drop forgets the oldest segment.
func (r *ring) drop() {
	r.n -= r.seg(0).Count
	r.from = (r.from + 1) % maxSegments
	r.len--
}

// oldest is the index from which on a run is held; false: nothing of it is.
func (r *ring) oldest(run uint64) (uint64, bool) {
	for i := range r.len {
		if g := r.seg(i); g.Run == run {
			return g.First, true
		}
	}
	return 0, false
}

// copyOut copies the frames of a run from index lo up to hi, with their segments.
func (r *ring) copyOut(run, lo, hi uint64) (segs []Segment, samples []float32) {
	place := (r.at - r.n + r.frames) % r.frames
	for i := range r.len {
		g := *r.seg(i)
		from, count := place, g.Count
		place = (place + g.Count) % r.frames
		end := g.First + uint64(count)
		if g.Run != run || end < lo || g.First >= hi && !(count == 0 && g.First == hi) || count > 0 && end == lo {
			continue
		}
		if g.First < lo {
			skip := int(lo - g.First)
			r.ahead(&g, skip)
			from = (from + skip) % r.frames
		}
		if end > hi {
			g.Count -= int(end - hi)
			g.Flags &^= block.PartEnd
		}
		for n := g.Count; n > 0; {
			k := min(n, r.frames-from)
			samples = append(samples, r.buf[from*r.channels:(from+k)*r.channels]...)
			from = (from + k) % r.frames
			n -= k
		}
		segs = append(segs, g)
	}
	return segs, samples
}
