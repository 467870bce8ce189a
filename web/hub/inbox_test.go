package hub

import (
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector"
)

func TestAxisNeverGoesBackAcrossRuns(t *testing.T) {
	var a axis
	if got := a.at(1, 5000, 1000); got != 0 {
		t.Errorf("the first sample heard is at %v, want 0", got)
	}
	if got := a.at(1, 7000, 1000); got != 2 {
		t.Errorf("2000 samples later at 1 kHz is %v, want 2", got)
	}
	if got := a.at(2, 0, 1000); got != 2 {
		t.Errorf("a new run begins at %v, want where the old one ended, 2", got)
	}
	if got := a.at(2, 500, 1000); got != 2.5 {
		t.Errorf("half a second into the new run is %v, want 2.5", got)
	}
	if got := a.at(1, 6000, 1000); got != 1 {
		t.Errorf("a late sample of the old run is at %v, want its own place, 1", got)
	}
	if got := a.at(3, 10, math.NaN()); got != 2.5 {
		t.Errorf("a run without a rate begins at %v, want 2.5", got)
	}
}

// A score of an older run that comes late must not turn the plot back.
func TestScoresStayInOrder(t *testing.T) {
	b := newInbox("s")
	b.setStatus(&StreamStatus{Name: "s", RateHz: 100})
	for _, s := range []detector.Score{{Run: 1, First: 0, End: 100}, {Run: 2, First: 0, End: 100}, {Run: 1, First: 100, End: 150}} {
		b.addScore(&s)
	}
	for i := 1; i < len(b.points.points); i++ {
		if b.points.points[i].pos < b.points.points[i-1].pos {
			t.Errorf("point %d is at %v, before %v", i, b.points.points[i].pos, b.points.points[i-1].pos)
		}
	}
}

func TestMarksSayWhereAPartBegins(t *testing.T) {
	b := newInbox("s")
	b.setStatus(&StreamStatus{Name: "s", RateHz: 10})
	for i, part := range []string{"a", "a", "b", "b", "a"} {
		b.addScore(&detector.Score{Run: 1, First: uint64(10 * i), End: uint64(10*i + 10), Part: part, Lot: "L"})
	}
	want := []mark{{0, "a", "L"}, {2, "b", "L"}, {4, "a", "L"}}
	if len(b.marks) != len(want) {
		t.Fatalf("marks %v, want %v", b.marks, want)
	}
	for i := range want {
		if b.marks[i] != want[i] {
			t.Errorf("mark %d is %v, want %v", i, b.marks[i], want[i])
		}
	}
}

// Whatever arrives between two ticks, what is kept is the newest, in order, with the right index, and the rest is counted.
func TestWavesKeepTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newInbox("s")
		first, sent, dropped := uint64(0), 0, 0
		origin := uint64(math.MaxUint64) // the first sample heard is second 0
		for range rapid.IntRange(1, 30).Draw(t, "waves") {
			n := rapid.IntRange(1, 700).Draw(t, "buckets")
			first += uint64(rapid.SampledFrom([]int{0, 0, 0, 50}).Draw(t, "gap"))
			origin = min(origin, first)
			w := Wave{Stream: "s", Run: 7, First: first, SamplesPerBucket: 10, RateHz: 1000, MinMax: make([]float32, 2*n)}
			for i := range n {
				w.MinMax[2*i] = float32(first/10) + float32(i) // the bucket's own number
				w.MinMax[2*i+1] = w.MinMax[2*i] + 0.5
			}
			dropped += b.addWave(&w)
			sent += n
			first += uint64(10 * n)
		}
		tr := b.tracks[0]
		kept, from := 0, 0
		for _, s := range tr.segs {
			if s.from != from {
				t.Fatalf("a segment starts at bucket %d, want %d", s.from, from)
			}
			for i := range s.n {
				if got, want := tr.buckets[2*(s.from+i)], float32(s.first/10)+float32(i); got != want {
					t.Fatalf("bucket %d of a segment from sample %d holds %v, want %v", i, s.first, got, want)
				}
			}
			if want := float64(s.first-origin) / 1000; math.Abs(s.pos-want) > 1e-6 {
				t.Fatalf("a segment from sample %d is at %v s, want %v", s.first, s.pos, want)
			}
			from += s.n
			kept += s.n
		}
		if kept+dropped != sent || kept > tickBuckets || 2*kept != len(tr.buckets) {
			t.Fatalf("sent %d, kept %d, dropped %d", sent, kept, dropped)
		}
		last := tr.segs[len(tr.segs)-1]
		if last.first+uint64(last.n*10) != first {
			t.Fatalf("the newest bucket ends at sample %d, want %d", last.first+uint64(last.n*10), first)
		}
	})
}

func TestRecordLayout(t *testing.T) {
	s := segment{run: 0xfeed, first: 12, perBucket: 6, rateHz: 200e3, pos: 1.5, timeNS: -3, n: 2}
	r := appendRecord(nil, 9, 3, Conditioned, &s, []float32{-1, 1, -2, 2})
	le := binary.LittleEndian
	if len(r) != waveRecordHead+16 || le.Uint32(r) != 9 || le.Uint16(r[4:]) != 3 || r[6] != 1 || le.Uint32(r[8:]) != 2 || le.Uint32(r[12:]) != 6 ||
		math.Float64frombits(le.Uint64(r[16:])) != 200e3 || le.Uint64(r[24:]) != 0xfeed || le.Uint64(r[32:]) != 12 ||
		math.Float64frombits(le.Uint64(r[40:])) != 1.5 || int64(le.Uint64(r[48:])) != -3 || math.Float32frombits(le.Uint32(r[68:])) != 2 {
		t.Errorf("record %x does not follow its layout", r)
	}
}
