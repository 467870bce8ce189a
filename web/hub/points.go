package hub

import (
	"math"
	"strconv"

	"crackle/detector"
)

// point is one dot of the score plot: a score, or the worst of several neighbours.
type point struct {
	pos     float64 // seconds of signal since the hub first heard the stream, at the end of the last window
	timeNS  int64   // wall-time annotation there
	value   float64 // highest of the scores that are numbers; NaN when none is
	limit   float64 // of the last
	verdict detector.Verdict
	reason  detector.Reason
	n       int // scores merged
}

// merge joins b, the later, into a. The highest score and the worst verdict survive.
func (a point) merge(b point) point {
	out := b
	if math.IsNaN(b.value) || a.value > b.value {
		out.value = a.value
	}
	out.verdict = worse(a.verdict, b.verdict)
	out.reason = a.reason | b.reason
	out.n = a.n + b.n
	return out
}

// worse orders verdicts as a person would: alarm before not assessed before ok.
func worse(a, b detector.Verdict) detector.Verdict {
	if a == detector.Alarm || b == detector.Alarm {
		return detector.Alarm
	}
	return min(a, b) // NotAssessed is below OK
}

// batch holds the scores between two ticks, at most cap(points): when it is full, neighbours are merged and it goes on at half the
// resolution. It never allocates after newBatch.
type batch struct {
	points []point
	width  int // scores per point
}

func newBatch(size int) batch { return batch{points: make([]point, 0, size), width: 1} }

func (b *batch) add(p point) {
	if k := len(b.points) - 1; k >= 0 && b.points[k].n+p.n <= b.width {
		b.points[k] = b.points[k].merge(p)
		return
	}
	if len(b.points) == cap(b.points) {
		b.halve()
	}
	b.points = append(b.points, p)
}

// halve merges neighbours two by two.
func (b *batch) halve() {
	k := 0
	for i := 0; i < len(b.points); i += 2 {
		p := b.points[i]
		if i+1 < len(b.points) {
			p = p.merge(b.points[i+1])
		}
		b.points[k] = p
		k++
	}
	b.points = b.points[:k]
	b.width *= 2
}

func (b *batch) reset() { b.points, b.width = b.points[:0], 1 }

// history keeps the newest scores for the plots: at full resolution while they fit, then two to a point, four, up to maxWidth; after
// that the oldest quarter goes. Points carry the number of the tick that brought them, so that a returning client can be sent what it missed.
type history struct {
	batch
	seqs     []uint64 // parallel to points: tick of the newest score in each
	maxWidth int
	lost     uint64 // tick of the newest point that was dropped
}

func newHistory(size, maxWidth int) *history {
	return &history{batch: newBatch(size), seqs: make([]uint64, 0, size), maxWidth: maxWidth}
}

func (h *history) add(p point, seq uint64) {
	if k := len(h.points) - 1; k >= 0 && h.points[k].n+p.n <= h.width {
		h.points[k] = h.points[k].merge(p)
		h.seqs[k] = seq
		return
	}
	if len(h.points) == cap(h.points) {
		h.makeRoom()
	}
	h.points, h.seqs = append(h.points, p), append(h.seqs, seq)
}

func (h *history) makeRoom() {
	if h.width < h.maxWidth {
		n := len(h.points)
		h.halve()
		for i := range h.points {
			h.seqs[i] = h.seqs[min(2*i+1, n-1)]
		}
		h.seqs = h.seqs[:len(h.points)]
		return
	}
	k := max(1, len(h.points)/4)
	h.lost = max(h.lost, h.seqs[k-1])
	h.points = h.points[:copy(h.points, h.points[k:])]
	h.seqs = h.seqs[:copy(h.seqs, h.seqs[k:])]
}

// since returns the points that hold a score of a tick after seq, and whether none of those was dropped. The first may also hold
// older scores, merged with newer ones: to see the higher of them twice does no harm.
func (h *history) since(seq uint64) (pts []point, whole bool) {
	i := len(h.points)
	for i > 0 && h.seqs[i-1] > seq {
		i--
	}
	return h.points[i:], h.lost <= seq
}

// appendPoints writes points as [[pos, time_ms, value, limit, verdict, reason], …] with null for what is not a number; verdict is 0 not
// assessed, 1 ok, 2 alarm.
func appendPoints(dst []byte, pts []point) []byte {
	dst = append(dst, '[')
	for i := range pts {
		p := &pts[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		dst = appendNumber(dst, p.pos, 12)
		dst = append(dst, ',')
		dst = strconv.AppendInt(dst, p.timeNS/1e6, 10)
		dst = append(dst, ',')
		dst = appendNumber(dst, p.value, 6)
		dst = append(dst, ',')
		dst = appendNumber(dst, p.limit, 6)
		dst = append(dst, ',')
		dst = strconv.AppendUint(dst, uint64(p.verdict), 10)
		dst = append(dst, ',')
		dst = strconv.AppendUint(dst, uint64(p.reason), 10)
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

func appendNumber(dst []byte, v float64, digits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, v, 'g', digits, 64)
}
