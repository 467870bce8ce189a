package evidence

import (
	"fmt"
	"math"
	"testing"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/window"
)

func conditioning() window.Config {
	return window.Config{Channels: []string{"mbn_v"}, RateHz: 1000, Length: 100, Hop: 50, MaxBridge: 3, Features: []string{"rms", "crest"}, ResetAtPart: true}
}

// line is a stream on its way: a real conditioner whose windows are scored by a measure that remembers, so that a wrong state shows.
type line struct {
	c     *window.Conditioner
	level float64 // runs on from window to window
	emit  func(*detector.Score, []float32)
}

func newLine(emit func(*detector.Score, []float32)) *line {
	c, err := window.New(conditioning())
	if err != nil {
		panic(err)
	}
	return &line{c: c, emit: emit}
}

func (l *line) push(b *block.Block) {
	err := l.c.Push(b, func(w *window.Window) {
		if w.First == w.End {
			return
		}
		if w.Fresh {
			l.level = 0
		}
		s := detector.Score{Stream: "s", Run: w.Run, First: w.First, End: w.End, TimeNS: w.TimeNS, Part: w.Part, Lot: w.Lot, Limit: 2, Verdict: detector.OK}
		l.level = 0.9*l.level + 0.1*float64(w.Features[0])
		if s.Value = l.level; s.Value > s.Limit {
			s.Verdict = detector.Alarm
		}
		l.emit(&s, w.Features)
	})
	if err != nil {
		panic(err)
	}
}

func (l *line) appendState(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%016x", math.Float64bits(l.level))
	return l.c.AppendState(dst)
}

// scorer scores a pack with another line.
type scorer struct{ spoil float32 }

func (s scorer) Kernel() string     { return "line" }
func (s scorer) Tolerance() float64 { return 0 }
func (s scorer) Score(p *Pack, emit func(*detector.Score)) error {
	l := newLine(func(v *detector.Score, _ []float32) { emit(v) })
	var bits uint64
	if _, err := fmt.Sscanf(string(p.Start.State[:16]), "%x", &bits); err != nil {
		return err
	}
	l.level = math.Float64frombits(bits)
	if err := l.c.RestoreState(p.Start.State[16:]); err != nil {
		return err
	}
	rest := p.Raw.Samples
	for _, g := range p.Raw.Segments {
		if skip := int(min(p.Start.Index-min(g.First, p.Start.Index), uint64(g.Count))); skip > 0 {
			g.First, g.Count, rest = g.First+uint64(skip), g.Count-skip, rest[skip:]
		}
		b := block.Block{Run: g.Run, First: g.First, TimeNS: g.TimeNS, RateHz: p.Raw.RateHz, Flags: g.Flags, Channels: 1, Part: g.Part, Lot: g.Lot, Samples: rest[:g.Count]}
		rest = rest[g.Count:]
		if g.Count > 10 {
			b.Samples[5] += s.spoil
		}
		l.push(&b)
	}
	return nil
}

// stand is a recorder on a line, with a clock of its own.
type stand struct {
	*Recorder
	line  *line
	now   time.Time
	packs []*Pack
}

func newStand(t testing.TB, cfg Config) *stand {
	t.Helper()
	s := &stand{now: time.Unix(1_800_000_000, 0)}
	cfg.Stream, cfg.Channels, cfg.RateHz, cfg.Features = "s", []string{"mbn_v"}, 1000, []Feature{{Name: "rms"}, {Name: "crest"}}
	cfg.Out = func(p *Pack) { s.packs = append(s.packs, p) }
	cfg.Describe = func(p *Pack) { p.Kernel, p.Program = "line", "test" }
	cfg.now = func() time.Time { return s.now }
	var err error
	if s.Recorder, err = NewRecorder(cfg); err != nil {
		t.Fatal(err)
	}
	s.line = newLine(s.Window)
	s.line.c.Tap(s.PushConditioned)
	return s
}

func (s *stand) push(b *block.Block) {
	s.Mark(b.Run, b.First, s.line.appendState)
	s.Push(b)
	s.line.push(b)
	s.Done()
}

// feed pushes n blocks of 40 samples from index first; a gap of 300 samples lies before block 30, and a part ends with each 25th.
func (s *stand) feed(from, n int) {
	samples := noise(1, 40*(from+n))
	for i := from; i < from+n; i++ {
		b := block.Block{Run: 7, First: uint64(40 * i), TimeNS: int64(40*i)*1e6 + 1, RateHz: 1000, Channels: 1, Part: fmt.Sprint("p", i/25), Lot: "L", Samples: samples[40*i : 40*i+40]}
		if i >= 30 {
			b.First += 300
		}
		if i%25 == 24 {
			b.Flags = block.PartEnd
		}
		s.push(&b)
	}
}

// TestPackScoresAgain: the packs of alarms at any place, over parts and a gap, and after going through the file, score again to the bit; and a
// pack of which one sample differs does not.
func TestPackScoresAgain(t *testing.T) {
	for _, onset := range []uint64{0, 700, 1190, 1600, 2950, 5000, 7000} {
		s := newStand(t, Config{Pre: 500 * time.Millisecond, Post: 800 * time.Millisecond, Delay: time.Second})
		a := alert.Alarm{ID: "a", Stream: "s", Kind: alert.KindScore, Run: 7, Onset: onset}
		raised := int(onset)/40 + 5
		s.feed(0, raised)
		s.Trigger(a)
		if len(s.packs) != 0 {
			t.Fatalf("onset %d: a pack before its time", onset)
		}
		s.feed(raised, 60)
		if len(s.packs) != 1 || s.Missed() != 0 {
			t.Fatalf("onset %d: %d packs", onset, len(s.packs))
		}
		b, err := Encode(s.packs[0])
		if err != nil {
			t.Fatal(err)
		}
		p, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		last := p.Raw.Segments[len(p.Raw.Segments)-1]
		if from := p.Raw.Segments[0].First; p.Short != "" || from > onset-min(onset, 500) || from+1000 < onset || last.First+uint64(last.Count) > onset+800+40+300 || last.First+uint64(last.Count)+300 < onset+800 { // there is a gap of 300, and blocks are 40 long
			t.Errorf("onset %d: from %d to %d, short %q", onset, from, last.First+uint64(last.Count), p.Short)
		}
		if n := len(p.Conditioned.Samples); n == 0 || len(p.Windows) < 10 || len(p.Windows[0].Features) != 2 || p.Features[0].Name != "rms" {
			t.Errorf("onset %d: %d conditioned samples, %d windows", onset, n, len(p.Windows))
		}
		r, err := Verify(p, scorer{})
		if err != nil || !r.OK || !r.Same || r.Equal != len(p.Windows) {
			t.Errorf("onset %d: %+v, %v", onset, r, err)
		}
		if r, err = Verify(p, scorer{spoil: 0.5}); err != nil || r.OK || r.Largest == 0 {
			t.Errorf("onset %d: a spoiled pack: %+v, %v", onset, r, err)
		}
	}
}

// TestPackComesShort: a silent stream, a new run, an onset that is long past, memory that is bounded: the pack comes all the same and says what it lacks.
func TestPackComesShort(t *testing.T) {
	a := alert.Alarm{ID: "a", Stream: "s", Kind: alert.KindNoData, Run: 7, Onset: 1600}
	s := newStand(t, Config{})
	s.feed(0, 40)
	s.Trigger(a)
	s.now = s.now.Add(8 * time.Second)
	s.Poll()
	if len(s.packs) != 0 {
		t.Fatal("too soon")
	}
	s.now = s.now.Add(time.Second)
	s.Poll()
	if len(s.packs) != 1 || s.packs[0].Short == "" || len(s.packs[0].Raw.Samples) == 0 {
		t.Fatalf("silent: %d packs", len(s.packs))
	}
	s.Trigger(a)
	s.push(&block.Block{Run: 8, RateHz: 1000, Channels: 1, Samples: noise(2, 40)})
	if len(s.packs) != 2 || s.packs[1].Short == "" || s.packs[1].Raw.Segments[0].Run != 7 {
		t.Fatalf("new run: %d packs", len(s.packs))
	}
	s.Trigger(alert.Alarm{ID: "b", Stream: "s", Run: 99, Onset: 5})
	s.now = s.now.Add(time.Minute)
	s.Poll()
	if p := s.packs[2]; p.Start.Known || p.Short == "" || len(p.Raw.Samples) != 0 {
		t.Errorf("unknown run: %+v", p)
	}
	for range pendingMax + 3 {
		s.Trigger(alert.Alarm{ID: "c", Stream: "s", Run: 8, Onset: 5})
	}
	if s.Missed() != 3 {
		t.Errorf("%d missed", s.Missed())
	}

	small := newStand(t, Config{MaxBytes: 1 << 16}) // 8 s of two signals
	if got := small.Seconds(); got < 8 || got > 8.3 {
		t.Errorf("remembers %g s", got)
	}
	small.feed(0, 400)
	small.Trigger(alert.Alarm{ID: "d", Stream: "s", Run: 7, Onset: 8500})
	if p := small.packs[0]; p.Short == "" || p.Raw.Segments[0].First < 6500 {
		t.Errorf("bounded: %q, from %+v", p.Short, p.Raw.Segments)
	}
}

func TestRecorderRefused(t *testing.T) {
	for name, cfg := range map[string]Config{
		"channels": {RateHz: 1, Out: func(*Pack) {}},
		"rate":     {Channels: []string{"a"}, Out: func(*Pack) {}},
		"out":      {Channels: []string{"a"}, RateHz: 1},
		"bytes":    {Channels: []string{"a"}, RateHz: 1, MaxBytes: 1, Out: func(*Pack) {}},
		"pre":      {Channels: []string{"a"}, RateHz: 1, Pre: -1, Out: func(*Pack) {}},
	} {
		if _, err := NewRecorder(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestPackAfterARestart: signal that was read again reaches back before the first state; it is in the pack, and scoring begins at the state.
func TestPackAfterARestart(t *testing.T) {
	before := newStand(t, Config{})
	before.feed(0, 20)
	state := before.line.appendState(nil)

	s := newStand(t, Config{Pre: 500 * time.Millisecond, Post: 500 * time.Millisecond})
	if err := s.line.c.RestoreState(state[16:]); err != nil {
		t.Fatal(err)
	}
	s.line.level = before.line.level
	samples := noise(1, 800)
	for i := range 20 { // read again, not scored again
		s.Push(&block.Block{Run: 7, First: uint64(40 * i), TimeNS: int64(40*i)*1e6 + 1, RateHz: 1000, Channels: 1, Part: "p0", Lot: "L", Samples: samples[40*i : 40*i+40]})
	}
	s.feed(20, 5)
	s.Trigger(alert.Alarm{ID: "a", Stream: "s", Kind: alert.KindScore, Run: 7, Onset: 900})
	s.feed(25, 20)
	p := s.packs[0]
	if p.Short != "" || p.Raw.Segments[0].First != 400 || !p.Start.Known || p.Start.Index != 800 {
		t.Fatalf("short %q, raw %+v, start at %d", p.Short, p.Raw.Segments, p.Start.Index)
	}
	r, err := Verify(p, scorer{})
	if err != nil || !r.OK || r.Equal < 5 {
		t.Errorf("%+v, %v", r, err)
	}
	s.Forget()
	s.Trigger(alert.Alarm{ID: "b", Stream: "s", Kind: alert.KindScore, Run: 7, Onset: 1500})
	s.Flush()
	if p := s.packs[1]; p.Start.Known || len(p.Raw.Samples) == 0 {
		t.Errorf("states of another model were not forgotten: %+v", p.Start)
	}
}
