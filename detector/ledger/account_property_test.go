package ledger_test

import (
	"math"
	"testing"

	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
	"crackle/window"

	"pgregory.net/rapid"
)

// line is a stream on its way through a real conditioner and an account, with a scorer that needs two windows to warm up, and a record of
// what really became of each sample.
type line struct {
	t      *rapid.T
	cond   *window.Conditioner
	acc    *ledger.Account
	seen   int
	scored map[[2]uint64]bool // run and index looked at by a window with a score
	came   map[[2]uint64]bool // to whether it is a good number
	parts  []ledger.Part
	reset  bool              // no window reaches over a border
	end    map[uint64]uint64 // of a run, how far it has come
}

func newLine(t *rapid.T) *line {
	l := &line{t: t, scored: map[[2]uint64]bool{}, came: map[[2]uint64]bool{}, end: map[uint64]uint64{}}
	length := rapid.IntRange(2, 20).Draw(t, "length")
	cfg := window.Config{
		Channels: []string{"a"}, RateHz: 1000, Length: length, Hop: rapid.IntRange(1, length).Draw(t, "hop"), Features: []string{"rms"},
		MaxBridge: rapid.IntRange(0, 4).Draw(t, "bridge"), Saturation: []float64{100}, ResetAtPart: rapid.Bool().Draw(t, "reset"),
	}
	l.reset = cfg.ResetAtPart
	var err error
	if l.cond, err = window.New(cfg); err != nil {
		t.Fatal(err)
	}
	l.acc, err = ledger.New(ledger.Config{Stream: "s", RateHz: 1000, Saturation: cfg.Saturation, Rest: uint64(length)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *line) window(w *window.Window) {
	var s detector.Score
	switch {
	case w.Fresh:
		l.seen = 0
	}
	switch bad := w.Defects &^ window.Bridged; {
	case bad != 0:
		detector.Unscored(&s, "s", w, detector.SignalDefect)
		l.seen = 0
	case w.First == w.End:
		detector.Unscored(&s, "s", w, 0)
	case l.seen < 2:
		detector.Unscored(&s, "s", w, detector.WarmingUp)
		l.seen++
	default:
		detector.Unscored(&s, "s", w, 0)
		s.Verdict, s.Value = detector.OK, 0.5
		for i := w.First; i < w.End; i++ {
			l.scored[[2]uint64{w.Run, i}] = true
		}
	}
	l.acc.Skipped(l.cond.Counts().Skipped)
	l.acc.Add(&s)
}

func (l *line) push(b *block.Block) {
	for i, v := range b.Samples {
		k := [2]uint64{b.Run, b.First + uint64(i)}
		if k[1] < l.end[b.Run] {
			continue // came before, or its place was given up
		}
		l.came[k] = v < 1e30 && v > -1e30 && math.Abs(float64(v)) < 100
	}
	l.acc.Block(b)
	if err := l.cond.Push(b, l.window); err != nil {
		l.t.Fatal(err)
	}
	l.acc.Settle(l.over)
	if p, ok := l.acc.Current(); ok {
		l.end[p.Run] = max(l.end[p.Run], p.End)
	}
}

func (l *line) over(p ledger.Part) {
	l.parts = append(l.parts, p)
	l.end[p.Run] = max(l.end[p.Run], p.End)
}

// TestAddsUp: whatever comes, gaps, repetitions, bad samples, parts and runs in any order, every part's numbers add up to the sample, and agree with what
// really became of each.
func TestAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLine(t)
		run, next := uint64(1), uint64(0)
		part := "a"
		for range rapid.IntRange(1, 40).Draw(t, "blocks") {
			b := &block.Block{Run: run, First: next, RateHz: 1000, Channels: 1, TimeNS: int64(next) * 1e6}
			switch rapid.IntRange(0, 11).Draw(t, "event") {
			case 0:
				b.First += rapid.Uint64Range(1, 60).Draw(t, "gap")
			case 1:
				b.First -= min(b.First, rapid.Uint64Range(1, 30).Draw(t, "back"))
			case 2:
				part = rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "part")
			case 3:
				b.Flags |= block.PartEnd
			case 4:
				part = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")
				b.Flags |= block.PartBegin
			case 5:
				run++
				b.Run, b.First = run, rapid.Uint64Range(0, 50).Draw(t, "joined")
			}
			b.Part = part
			n := rapid.IntRange(0, 50).Draw(t, "rows")
			for range n {
				v := float32(1)
				switch rapid.IntRange(0, 60).Draw(t, "sample") {
				case 0:
					v = float32(math.NaN())
				case 1:
					v = 200
				}
				b.Samples = append(b.Samples, v)
			}
			l.push(b)
			next = max(next, b.End())
			if b.Run == run && b.First > next {
				next = b.End()
			}
		}
		l.cond.End(l.window)
		l.acc.Finish(l.over)
		var sum ledger.Samples
		for _, p := range l.parts {
			l.check(t, &p)
			sum.Add(&p.Samples)
		}
		totals, n := l.acc.Totals()
		if int(n) != len(l.parts) || totals.Received != sum.Received || totals.Received != uint64(len(l.came)) || totals.Pending() != 0 || totals.Expected != totals.Received+totals.Missing {
			t.Fatalf("totals %+v of parts %+v; %d samples came", totals, sum, len(l.came))
		}
	})
}

func (l *line) check(t *rapid.T, p *ledger.Part) {
	var received, bad, scored, bridged uint64
	for i := p.First; i < p.End; i++ {
		k := [2]uint64{p.Run, i}
		isGood, came := l.came[k]
		if came {
			received++
		}
		if came && !isGood {
			bad++
		}
		switch {
		case l.scored[k] && isGood:
			scored++
		case l.scored[k]:
			bridged++
		}
	}
	s := &p.Samples
	if s.Expected != p.End-p.First || s.Expected != s.Received+s.Missing || s.Pending() != 0 {
		t.Fatalf("part %q does not add up: %+v", p.Part, p)
	}
	if s.Received != received || s.Invalid+s.Saturated != bad {
		t.Fatalf("part %q: %d came and %d of them were bad: %+v", p.Part, received, bad, p)
	}
	// A window over a border is booked in the part that it belongs to, so that a part never claims more than was looked at.
	if s.Scored > scored || s.Bridged > bridged || l.reset && p.Part != "" && (s.Scored != scored || s.Bridged != bridged) {
		t.Fatalf("part %q: %d scored and %d bridged: %+v", p.Part, scored, bridged, p)
	}
	if p.Verdict == detector.OK && float64(scored) < ledger.DefaultCoverage*float64(s.Expected-s.Warmup-s.Outside) {
		t.Fatalf("part %q is ok with %d scored: %+v", p.Part, scored, p)
	}
}
