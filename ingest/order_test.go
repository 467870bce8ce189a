package ingest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"crackle/ingest/block"
)

// record is a handler that writes down what it is told.
type record struct {
	out                                 []*block.Block
	duplicate, late, stray, trim, reord int
	gaps                                []span
	runs                                []uint64
	resyncs, jumps                      int
}

func (r *record) deliver(b *block.Block) { r.out = append(r.out, b) }
func (r *record) discard(_ *block.Block, why fate) {
	switch why {
	case fateDuplicate:
		r.duplicate++
	case fateLate:
		r.late++
	case fateStray:
		r.stray++
	}
}
func (r *record) trimmed(n uint64)        { r.trim += int(n) }
func (r *record) reordered(*block.Block)  { r.reord++ }
func (r *record) missed(from, to uint64)  { r.gaps = append(r.gaps, span{from, to}) }
func (r *record) newRun(run uint64)       { r.runs = append(r.runs, run) }
func (r *record) jumped(_, _ uint64)      { r.jumps++ }
func (r *record) resynced(_, _, _ uint64) { r.resyncs++ }
func (r *record) firsts() (f []uint64) {
	for _, b := range r.out {
		f = append(f, b.First)
	}
	return f
}

func blk(run, first uint64, n int) *block.Block {
	return &block.Block{Run: run, Seq: first, First: first, RateHz: 1000, Channels: 1, Samples: make([]float32, n)}
}

func mark(run, first, seq uint64, f block.Flags) *block.Block {
	return &block.Block{Run: run, Seq: seq, First: first, RateHz: 1000, Channels: 1, Flags: f}
}

type script struct {
	t *testing.T
	o *order
	*record
	clock time.Time
	seq   uint64
}

func newScript(t *testing.T, horizon int) *script {
	r := &record{}
	return &script{t: t, o: newOrder(horizon, time.Second, r), record: r, clock: time.Unix(1000, 0)}
}

func (s *script) push(blocks ...*block.Block) *script {
	for _, b := range blocks {
		s.seq++
		s.o.push(b, place{seq: s.seq}, s.clock)
	}
	return s
}

func (s *script) wait(d time.Duration) *script {
	s.clock = s.clock.Add(d)
	s.o.tick(s.clock)
	return s
}

func (s *script) want(firsts ...uint64) *script {
	s.t.Helper()
	if got := s.firsts(); !slices.Equal(got, firsts) {
		s.t.Errorf("delivered %v, want %v", got, firsts)
	}
	return s
}

func TestOrderPutsRight(t *testing.T) {
	s := newScript(t, 4)
	s.push(blk(1, 0, 10), blk(1, 20, 10), blk(1, 30, 10)).want(0)
	s.push(blk(1, 10, 10)).want(0, 10, 20, 30)
	if s.reord != 1 || len(s.gaps) != 0 || s.duplicate+s.late != 0 {
		t.Errorf("%+v", s.record)
	}
}

func TestOrderJoinsInTheMiddle(t *testing.T) {
	s := newScript(t, 4).push(blk(1, 510, 10), blk(1, 500, 10)).want() // the run's beginning may be on its way
	s.wait(999 * time.Millisecond).want().push(blk(1, 520, 10)).want()
	s.wait(time.Millisecond).want(500, 510, 520)
	s.push(blk(1, 530, 10), blk(1, 490, 10)).want(500, 510, 520, 530)
	if len(s.gaps) != 0 || s.late != 1 || s.reord != 1 {
		t.Errorf("the past before the start counts as missing, or its block not as late: %+v", s.record)
	}
	s = newScript(t, 2).push(blk(1, 500, 10), blk(1, 510, 10)).want().push(blk(1, 530, 10)).want(500, 510)
	s.push(blk(1, 520, 10)).want(500, 510, 520, 530)
	if len(s.gaps) != 0 || s.late+s.duplicate != 0 {
		t.Errorf("joined by count: %+v", s.record)
	}
}

// A run that begins while we listen is handed on from its very first block, though that comes behind the next ones.
func TestOrderWaitsForTheFirstBlock(t *testing.T) {
	s := newScript(t, 4).push(blk(1, 20, 10), blk(1, 10, 10), blk(1, 10, 10)).wait(900 * time.Millisecond).want()
	s.push(blk(1, 0, 10)).want(0, 10, 20).push(blk(1, 30, 10)).want(0, 10, 20, 30)
	if s.reord != 2 || s.duplicate != 1 || s.late != 0 || len(s.gaps) != 0 || len(s.runs) != 1 {
		t.Errorf("%+v", s.record)
	}
	// Another run meanwhile: what waits goes out, without a gap before it.
	s = newScript(t, 4).push(blk(1, 20, 10), blk(1, 40, 10), blk(2, 0, 10)).want(20, 40, 0)
	if !slices.Equal(s.gaps, []span{{30, 40}}) || !slices.Equal(s.runs, []uint64{1, 2}) {
		t.Errorf("%+v", s.record)
	}
	// The mark of its first part is a beginning too.
	newScript(t, 4).push(blk(1, 0, 10), mark(1, 0, 0, block.PartBegin)).want(0)
	newScript(t, 4).push(blk(1, 10, 10), mark(1, 0, 0, block.PartBegin)).want(0).push(blk(1, 0, 10)).want(0, 0, 10)
	// Nothing follows: the end of it all hands it on.
	s = newScript(t, 4).push(blk(1, 500, 10))
	s.o.flush()
	s.want(500)
}

func TestOrderDuplicates(t *testing.T) {
	s := newScript(t, 4).push(blk(1, 0, 10), blk(1, 0, 10), blk(1, 20, 10), blk(1, 20, 10), blk(1, 10, 10), blk(1, 20, 10)).want(0, 10, 20)
	if s.duplicate != 3 || s.late != 0 {
		t.Errorf("%d duplicates and %d late, want 3 and 0", s.duplicate, s.late)
	}
}

func TestOrderTrimsOverlap(t *testing.T) {
	b := blk(1, 5, 10)
	b.Flags, b.TimeNS = block.PartBegin|block.PartEnd, 1000
	for i := range b.Samples {
		b.Samples[i] = float32(i)
	}
	s := newScript(t, 4).push(blk(1, 0, 10), b).want(0, 10)
	got := s.out[1]
	if s.trim != 5 || got.Count() != 5 || got.Samples[0] != 5 || got.TimeNS != 1000+5_000_000 || got.Flags != block.PartEnd {
		t.Errorf("trimmed %d to %+v", s.trim, got)
	}
}

func TestOrderGivesUpByCount(t *testing.T) {
	s := newScript(t, 2).push(blk(1, 0, 10), blk(1, 20, 10), blk(1, 30, 10)).want(0)
	s.push(blk(1, 40, 10)).want(0, 20, 30, 40)
	if !slices.Equal(s.gaps, []span{{10, 20}}) {
		t.Errorf("gaps %v", s.gaps)
	}
	s.push(blk(1, 10, 10)).push(blk(1, 20, 10)).want(0, 20, 30, 40)
	if s.late != 1 || s.duplicate != 1 {
		t.Errorf("%d late and %d duplicates, want one of each", s.late, s.duplicate)
	}
}

func TestOrderGivesUpByTime(t *testing.T) {
	s := newScript(t, 8).push(blk(1, 0, 10), blk(1, 20, 10), blk(1, 40, 10))
	s.wait(900 * time.Millisecond).want(0)
	s.wait(200*time.Millisecond).want(0, 20, 40)
	if !slices.Equal(s.gaps, []span{{10, 20}, {30, 40}}) {
		t.Errorf("gaps %v", s.gaps)
	}
}

// A new run lets go of what waits, and is expected from its index 0.
func TestOrderNewRun(t *testing.T) {
	s := newScript(t, 8).push(blk(1, 0, 10), blk(1, 20, 10), blk(2, 0, 5), blk(2, 5, 5)).want(0, 20, 0, 5)
	s.push(blk(1, 30, 10)).want(0, 20, 0, 5)
	if s.late != 1 || !slices.Equal(s.runs, []uint64{1, 2}) || !slices.Equal(s.gaps, []span{{10, 20}}) {
		t.Errorf("late %d, runs %v, gaps %v", s.late, s.runs, s.gaps)
	}
	s.push(blk(3, 7, 3)).wait(2*time.Second).want(0, 20, 0, 5, 7)
	if !slices.Equal(s.gaps, []span{{10, 20}, {0, 7}}) {
		t.Errorf("the start of a run that was not heard is not missing: %v", s.gaps)
	}
}

// One block of an intruder must not end the stream that was there before.
func TestOrderIntrudingRun(t *testing.T) {
	s := newScript(t, 2).push(blk(1, 0, 10), blk(9, 0, 10))
	for i := uint64(1); i <= 8; i++ {
		s.push(blk(1, 10*i, 10))
	}
	s.wait(2*time.Second).want(0, 0, 50, 60, 70, 80)
	if s.late != 4 || !slices.Equal(s.gaps, []span{{10, 50}}) {
		t.Errorf("late %d, gaps %v", s.late, s.gaps)
	}
}

func TestOrderMarks(t *testing.T) {
	s := newScript(t, 4)
	s.push(blk(1, 0, 10), mark(1, 10, 1, block.PartEnd), mark(1, 10, 1, block.PartEnd), mark(1, 10, 2, block.PartBegin), blk(1, 10, 10))
	s.want(0, 10, 10, 10)
	if s.duplicate != 1 {
		t.Errorf("%d duplicates, want 1", s.duplicate)
	}
	// Marks that came early stand before the samples of their index, in their own order.
	s.push(blk(1, 30, 10), mark(1, 30, 6, block.PartBegin), mark(1, 30, 5, block.PartEnd), blk(1, 20, 10)).want(0, 10, 10, 10, 20, 30, 30, 30)
	if s.out[5].Flags != block.PartEnd || s.out[6].Flags != block.PartBegin || s.out[7].Count() != 10 {
		t.Errorf("order of marks: %+v", s.out[5:])
	}
	s.push(mark(1, 3, 9, block.PartEnd))
	if s.late != 1 {
		t.Errorf("%d late, want the mark that is over", s.late)
	}
}

// An index far ahead is left out when the stream goes on without it.
func TestOrderStray(t *testing.T) {
	s := newScript(t, 2).push(blk(1, 0, 10), blk(1, 1<<60, 10))
	for i := uint64(1); i < 60; i++ {
		s.push(blk(1, 10*i, 10)).wait(100 * time.Millisecond)
	}
	if s.stray != 1 || len(s.out) != 60 || len(s.gaps) != 0 || len(s.o.wait) != 0 {
		t.Errorf("stray %d, delivered %d, gaps %v", s.stray, len(s.out), s.gaps)
	}
}

// And when it was followed because nothing else came, the stream is taken up again where it really is.
func TestOrderResync(t *testing.T) {
	s := newScript(t, 2).push(blk(1, 0, 10), blk(1, 1<<60, 10)).wait(2 * time.Second)
	for i := uint64(1); i < 20; i++ {
		s.push(blk(1, 10*i, 10))
	}
	if s.resyncs != 1 || s.jumps != 1 || len(s.gaps) != 0 || s.late != 4 || len(s.out) != 2+19-4 {
		t.Errorf("resyncs %d, jumps %d, gaps %v, late %d, delivered %d", s.resyncs, s.jumps, s.gaps, s.late, len(s.out))
	}
}

// The same when the false index is the first that is heard, and nothing else for a while.
func TestOrderJoinsAtFalseIndex(t *testing.T) {
	s := newScript(t, 2).push(blk(1, 1<<60, 10)).wait(2 * time.Second)
	for i := range uint64(20) {
		s.push(blk(1, 10*i, 10))
	}
	if s.resyncs != 1 || s.late != 4 || s.duplicate != 0 || len(s.out) != 1+20-4 {
		t.Errorf("resyncs %d, late %d, duplicates %d, delivered %d", s.resyncs, s.late, s.duplicate, len(s.out))
	}
	for _, from := range []uint64{0, 50} { // what comes at once shows that it is false
		s = newScript(t, 2).push(blk(1, 1<<60, 10))
		for i := range uint64(60) {
			s.push(blk(1, 10*(from+i), 10))
		}
		if s.stray != 1 || s.resyncs+s.late+s.jumps != 0 || len(s.gaps) != 0 || len(s.out) != 60 {
			t.Errorf("from %d: %+v", from, s.record)
		}
	}
}

func TestOrderResume(t *testing.T) {
	s := newScript(t, 4)
	s.o.resume(1, 25)
	s.push(blk(1, 10, 10), blk(1, 20, 10), blk(1, 30, 10)).want(25, 30)
	if s.duplicate != 1 || s.trim != 5 {
		t.Errorf("duplicates %d, trimmed %d", s.duplicate, s.trim)
	}
}

// A checkpoint at any delivered block loses nothing: every message that it leaves behind is delivered or discarded.
func TestOrderSafePlace(t *testing.T) {
	s := newScript(t, 4).push(blk(1, 0, 10), blk(1, 20, 10), blk(1, 10, 10), blk(1, 40, 10), blk(1, 30, 10), blk(1, 50, 10))
	var got []uint64
	for _, b := range s.out {
		got = append(got, b.StoreSeq)
	}
	// 10 (message 3) is delivered while 20 (message 2) waits, so only message 1 is done with then.
	if want := []uint64{1, 1, 3, 3, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("safe places %v, want %v", got, want)
	}
}

// Whatever order blocks come in, what goes out is in order, without overlap, and every sample is delivered once or counted.
func TestOrderProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		horizon := rapid.IntRange(1, 6).Draw(rt, "horizon")
		n := rapid.IntRange(1, 60).Draw(rt, "n")
		r := &record{}
		o := newOrder(horizon, time.Second, r)
		now, in := time.Unix(0, 0), 0
		from := 10 * rapid.IntRange(0, 40).Draw(rt, "from") // above 0 it may join the run in its middle, or wait for its beginning
		o.push(blk(1, uint64(from), 10), place{}, now)
		for range n {
			i := rapid.IntRange(0, 40).Draw(rt, "i")
			size := rapid.IntRange(1, 25).Draw(rt, "size")
			in += size
			o.push(blk(1, uint64(10*i), size), place{}, now)
			if rapid.Bool().Draw(rt, "tick") {
				now = now.Add(600 * time.Millisecond)
				o.tick(now)
			}
		}
		o.flush()
		missing, end := 0, uint64(0)
		if r.resyncs == 0 {
			for i, b := range r.out {
				if i == 0 {
					end = o.joined
				}
				if b.First < end {
					rt.Fatalf("block at %d after %d", b.First, end)
				}
				missing += int(b.First - end)
				end = b.End()
			}
			for _, g := range r.gaps {
				missing -= int(g.to - g.from)
			}
			if missing != 0 {
				rt.Fatalf("%d samples are neither delivered nor counted as missing", missing)
			}
		}
		if got := len(r.out) + r.duplicate + r.late + r.stray; got != n+1 {
			rt.Fatalf("%d blocks in, %d accounted for", n+1, got)
		}
	})
}

// Blocks shuffled within the horizon come out as if they had never been, the first ones of a run as well, and also where a run is joined in its
// middle. Wherever it is cut off and begun anew at the place that a block names, nothing is lost or handed on twice.
func TestOrderShuffleProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		horizon := rapid.IntRange(1, 8).Draw(rt, "horizon")
		from := 10 * uint64(rapid.SampledFrom([]int{0, 0, 1, 700}).Draw(rt, "from"))
		var blocks []*block.Block
		for i := range uint64(40) {
			blocks = append(blocks, blk(1, from+10*i, 10))
		}
		for i := 0; i < len(blocks); i += horizon + 1 { // groups of at most horizon+1 in any order
			group := blocks[i:min(i+horizon+1, len(blocks))]
			copy(group, rapid.Permutation(slices.Clone(group)).Draw(rt, "group"))
		}
		r := &record{}
		o := newOrder(horizon, time.Second, r)
		for i, b := range blocks {
			o.push(b, place{seq: uint64(i + 1)}, time.Unix(0, 0))
		}
		o.flush()
		if len(r.out) != 40 || len(r.gaps) != 0 || !slices.IsSorted(r.firsts()) || r.late+r.duplicate != 0 {
			rt.Fatalf("delivered %v, gaps %v", r.firsts(), r.gaps)
		}
		cut := rapid.IntRange(1, 40).Draw(rt, "cut")
		last := r.out[cut-1]
		again := &record{}
		o = newOrder(horizon, time.Second, again)
		o.resume(1, last.End())
		for i, b := range blocks[last.StoreSeq:] {
			o.push(b, place{seq: last.StoreSeq + uint64(i) + 1}, time.Unix(0, 0))
		}
		o.flush()
		if all := append(slices.Clone(r.out[:cut]), again.out...); !slices.Equal(all, r.out) || len(again.gaps) != 0 || again.late != 0 {
			rt.Fatalf("cut off after %d: %v, then %v", cut, r.firsts()[:cut], again.firsts())
		}
	})
}
