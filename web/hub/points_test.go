package hub

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector"
)

// genPoint draws a score, one in four not a number.
func genPoint(t *rapid.T, i int) point {
	p := point{pos: float64(i), limit: 4, n: 1, value: rapid.Float64Range(0, 100).Draw(t, "value"), verdict: detector.OK}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		p.value, p.verdict, p.reason = math.NaN(), detector.NotAssessed, detector.SignalDefect
	case 1:
		p.verdict = detector.Alarm
	}
	return p
}

// Whatever is merged, no score is lost from the count, the highest stays, and so does the worst verdict.
func TestHistoryHidesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(16, 40).Draw(t, "size")
		h := newHistory(size, 1<<20) // wide enough that nothing is dropped
		n := rapid.IntRange(1, 500).Draw(t, "n")
		highest, worst := math.Inf(-1), detector.OK
		for i := range n {
			p := genPoint(t, i)
			if p.value > highest {
				highest = p.value
			}
			worst = worse(worst, p.verdict)
			h.add(p, uint64(i/3))
		}
		total, top, bad := 0, math.Inf(-1), detector.OK
		for i, p := range h.points {
			total += p.n
			if p.value > top {
				top = p.value
			}
			bad = worse(bad, p.verdict)
			if i > 0 && (p.pos < h.points[i-1].pos || h.seqs[i] < h.seqs[i-1]) {
				t.Fatalf("point %d goes back", i)
			}
		}
		if total != n || top != highest || bad != worst || len(h.points) > size || len(h.seqs) != len(h.points) {
			t.Fatalf("%d scores in %d points of %d: highest %v, worst %v; want %d, %v, %v", total, len(h.points), size, top, bad, n, highest, worst)
		}
	})
}

func TestHistorySince(t *testing.T) {
	h := newHistory(16, 1)
	for i := range 20 {
		h.add(point{pos: float64(i), value: 1, n: 1}, uint64(i+1))
	}
	if pts, whole := h.since(18); len(pts) != 2 || !whole {
		t.Errorf("since 18: %d points, whole %v; want 2, true", len(pts), whole)
	}
	if pts, whole := h.since(2); whole {
		t.Errorf("since 2: %d points called whole, though the history no longer holds tick 3", len(pts))
	}
	if pts, whole := h.since(20); len(pts) != 0 || !whole {
		t.Errorf("since 20: %d points, whole %v; want none, true", len(pts), whole)
	}
}

func TestBatchKeepsWithinItsSize(t *testing.T) {
	b := newBatch(16)
	for i := range 1000 {
		b.add(point{pos: float64(i), value: float64(i % 777), n: 1})
	}
	total, top := 0, 0.0
	for _, p := range b.points {
		total += p.n
		top = max(top, p.value)
	}
	if len(b.points) > 16 || total != 1000 || top != 776 {
		t.Errorf("%d points hold %d scores, highest %v; want at most 16, 1000, 776", len(b.points), total, top)
	}
}

func TestPointsAreJSON(t *testing.T) {
	pts := []point{
		{pos: 1.25, timeNS: 1_700_000_000_123_000_000, value: math.NaN(), limit: math.Inf(1), verdict: detector.NotAssessed, reason: detector.WarmingUp},
		{pos: 1e7 + 0.125, value: 1e-9, limit: 4, verdict: detector.Alarm},
	}
	var got [][]*float64
	if err := json.Unmarshal(appendPoints(nil, pts), &got); err != nil {
		t.Fatal(err)
	}
	if got[0][2] != nil || got[0][3] != nil || *got[0][1] != 1_700_000_000_123 || *got[0][5] != 1 {
		t.Errorf("a score that is not a number came out as %s", appendPoints(nil, pts[:1]))
	}
	if *got[1][0] != 1e7+0.125 || *got[1][2] != 1e-9 || *got[1][4] != 2 {
		t.Errorf("a score came out as %s", appendPoints(nil, pts[1:]))
	}
}
