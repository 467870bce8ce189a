package ledger

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"crackle/detector"
	"crackle/ingest/block"
)

const testHz = 1000

// feed drives an account as a chain does, with windows of ten samples that do not overlap.
type feed struct {
	t     testing.TB
	a     *Account
	parts []Part
	next  uint64
}

func newFeed(t testing.TB, change ...func(*Config)) *feed {
	t.Helper()
	cfg := Config{Stream: "s", RateHz: testHz, Rest: 10}
	for _, f := range change {
		f(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &feed{t: t, a: a}
}

func (f *feed) over(p Part) {
	f.parts = append(f.parts, p)
	s := &p.Samples
	if s.Expected != s.Received+s.Missing || s.Pending() != 0 || s.Expected != p.End-p.First {
		f.t.Errorf("part %q does not add up: %+v", p.Part, p)
	}
}

// block sends n samples of a part at an index, and scores every ten of them as judge says.
func (f *feed) block(run, first uint64, n int, part string, flags block.Flags, judge func(i int) (detector.Verdict, detector.Reason), spoil ...int) {
	b := &block.Block{Run: run, First: first, TimeNS: int64(first) * 1e9 / testHz, RateHz: testHz, Channels: 1, Part: part, Lot: "l", Flags: flags, Samples: make([]float32, n)}
	for _, i := range spoil {
		b.Samples[i] = float32(math.NaN())
	}
	f.a.Block(b)
	for i := 0; i+10 <= n; i += 10 {
		s := detector.Score{Stream: "s", Run: run, Part: part, Lot: "l", First: first + uint64(i), End: first + uint64(i) + 10, Value: float64(i), Limit: 50, Verdict: detector.OK}
		if judge != nil {
			if s.Verdict, s.Reason = judge(i / 10); s.Verdict == detector.NotAssessed {
				s.Value = math.NaN()
			}
		}
		f.a.Add(&s)
	}
	f.a.Settle(f.over)
	f.next = b.End()
}

func unless(bad func(i int) bool, why detector.Reason) func(int) (detector.Verdict, detector.Reason) {
	return func(i int) (detector.Verdict, detector.Reason) {
		if bad(i) {
			return detector.NotAssessed, why
		}
		return detector.OK, 0
	}
}

func TestVerdict(t *testing.T) {
	whole := block.PartBegin | block.PartEnd
	none := func(int) bool { return false }
	for _, tc := range []struct {
		name    string
		send    func(f *feed)
		verdict detector.Verdict
		reasons string
	}{
		{"all scored", func(f *feed) { f.block(1, 0, 1000, "p", whole, nil) }, detector.OK, ""},
		{"a rest that fills no window", func(f *feed) { f.block(1, 0, 1009, "p", whole, nil) }, detector.OK, ""},
		{"one window of a hundred lost", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(i int) bool { return i == 50 }, detector.SignalDefect))
		}, detector.OK, ""},
		{"two of a hundred", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(i int) bool { return i > 97 }, detector.SignalDefect))
		}, detector.NotAssessed, "windows touched by a defect"},
		{"a warm-up at the beginning", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(i int) bool { return i < 30 }, detector.WarmingUp))
		}, detector.OK, ""},
		{"nothing but warm-up", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(int) bool { return true }, detector.WarmingUp))
		}, detector.NotAssessed, "the warm-up did not finish"},
		{"a warm-up in its middle", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(i int) bool { return i > 50 && i < 60 }, detector.WarmingUp))
		}, detector.NotAssessed, "windows touched by a defect"},
		{"no model", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(int) bool { return true }, detector.Learning))
		}, detector.NotAssessed, "no model in service"},
		{"frozen", func(f *feed) {
			f.block(1, 0, 1000, "p", whole, unless(func(i int) bool { return i > 3 }, detector.Frozen))
		}, detector.NotAssessed, "the signal is frozen"},
		{"a score that is no number", func(f *feed) {
			f.block(1, 0, 100, "p", whole, unless(func(i int) bool { return i == 3 }, detector.ScoreInvalid))
		}, detector.NotAssessed, "scores that are not numbers"},
		{"shorter than a window", func(f *feed) { f.block(1, 0, 9, "p", whole, nil) }, detector.NotAssessed, "no window in it"},
		{"no samples", func(f *feed) {
			f.a.Block(&block.Block{Run: 1, First: 0, Part: "p", Lot: "l", Flags: block.PartBegin})
			f.a.Settle(f.over)
			f.a.Block(&block.Block{Run: 1, First: 0, Part: "p", Lot: "l", Flags: block.PartEnd})
			f.a.Settle(f.over)
		}, detector.NotAssessed, "no samples"},
		{"joined in its middle", func(f *feed) { f.block(1, 500, 1000, "p", block.PartEnd, nil) }, detector.NotAssessed, "its beginning was not seen"},
		{"the publisher started anew in it", func(f *feed) {
			f.block(1, 0, 1000, "p", block.PartBegin, nil)
			f.block(2, 0, 1000, "p", whole, nil)
		}, detector.NotAssessed, "its end was not seen"},
		{"a gap", func(f *feed) {
			f.block(1, 0, 500, "p", block.PartBegin, nil)
			f.block(1, 600, 500, "p", block.PartEnd, nil)
		}, detector.NotAssessed, "samples missing"},
		{"its end is missing", func(f *feed) {
			f.block(1, 0, 1000, "p", block.PartBegin, nil)
			f.block(1, 1500, 1000, "q", whole, nil)
		}, detector.NotAssessed, "samples missing"},
		{"no numbers, filled in", func(f *feed) { f.block(1, 0, 100, "p", whole, nil, 3, 4, 5) }, detector.NotAssessed, "samples missing"},
		{"no numbers", func(f *feed) {
			f.block(1, 0, 100, "p", whole, unless(func(i int) bool { return i == 0 }, detector.SignalDefect), 3, 4, 5)
		}, detector.NotAssessed, "samples that are not numbers; windows touched by a defect"},
		{"no window for most of it", func(f *feed) {
			f.block(1, 0, 100, "p", block.PartBegin, nil)
			f.block(1, 100, 9, "p", 0, nil)
			f.block(1, 109, 9, "p", block.PartEnd, nil)
		}, detector.NotAssessed, "samples in no window"},
		{"what is known beside the numbers", func(f *feed) {
			f.block(1, 0, 100, "p", block.PartBegin, nil)
			f.a.cur.p.Flags |= EndUnseen
			f.block(1, 100, 100, "p", block.PartEnd, unless(none, 0))
		}, detector.NotAssessed, "its end was not seen"},
		{"an alarm in a part half lost", func(f *feed) {
			f.block(1, 0, 500, "p", block.PartBegin, nil)
			f.a.cur.p.Alarmed = true
			f.block(1, 1000, 10, "p", block.PartEnd, nil)
		}, detector.Alarm, "samples missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFeed(t)
			tc.send(f)
			if len(f.parts) == 0 {
				t.Fatal("the part is not over")
			}
			p := f.parts[0]
			if got := strings.Join(p.Reasons, "; "); p.Part != "p" || p.Verdict != tc.verdict || got != tc.reasons {
				t.Errorf("part %q: %v (%s), want %v (%s); %+v", p.Part, p.Verdict, got, tc.verdict, tc.reasons, p)
			}
		})
	}
}

// What is missing between two parts is counted once, and speaks against each that it may belong to.
func TestBorders(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		end, begin            block.Flags
		wantA, wantB, between uint64
		verdictA, verdictB    detector.Verdict
		doubtful              uint64
	}{
		{"neither marked", 0, 0, 200, 0, 0, detector.NotAssessed, detector.NotAssessed, 200},
		{"the end marked", block.PartEnd, 0, 0, 200, 0, detector.OK, detector.NotAssessed, 0},
		{"the beginning marked", 0, block.PartBegin, 200, 0, 0, detector.NotAssessed, detector.OK, 0},
		{"both marked", block.PartEnd, block.PartBegin, 0, 0, 200, detector.OK, detector.OK, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFeed(t)
			f.block(1, 0, 1000, "a", block.PartBegin|tc.end, nil)
			f.block(1, 1200, 1000, "b", tc.begin|block.PartEnd, nil)
			if len(f.parts) != 2 {
				t.Fatalf("%d parts", len(f.parts))
			}
			a, b := f.parts[0], f.parts[1]
			if a.Samples.Missing != tc.wantA || b.Samples.Missing != tc.wantB || b.Samples.Doubtful != tc.doubtful || a.Verdict != tc.verdictA || b.Verdict != tc.verdictB {
				t.Errorf("a %+v\nb %+v", a, b)
			}
			if s, n := f.a.Totals(); n != 2 || s.Expected != 2200 || s.Missing != 200 || s.Received != 2000 || s.Lost.Missing != 200 || s.Pending() != 0 {
				t.Errorf("totals of %d parts %+v", n, s)
			}
		})
	}
}

func TestCountsOutsideOfTheSum(t *testing.T) {
	f := newFeed(t)
	f.block(1, 0, 100, "p", block.PartBegin, nil)
	f.a.Arrived(Arrivals{Duplicated: 5, Late: 3, Reordered: 2, Dropped: 1})
	f.a.Arrived(Arrivals{Duplicated: 7, Late: 3, Reordered: 2, Dropped: 1})
	f.a.Arrived(Arrivals{Duplicated: 4}) // another receiver
	f.block(1, 90, 20, "p", 0, func(int) (detector.Verdict, detector.Reason) { return detector.NotAssessed, detector.SignalDefect })
	f.block(1, 50, 20, "p", 0, func(int) (detector.Verdict, detector.Reason) { return detector.NotAssessed, detector.SignalDefect })
	p, ok := f.a.Current()
	if s := p.Samples; !ok || s.Expected != 110 || s.Duplicated != 11+10+20 || s.Late != 3 || s.Reordered != 2 || s.Dropped != 1 {
		t.Errorf("booked %+v", p)
	}
}

func TestIndexThatGoesBack(t *testing.T) {
	f := newFeed(t)
	f.block(1, 0, 100, "p", block.PartBegin, nil)
	b := &block.Block{Run: 1, First: 40, Channels: 1, Samples: make([]float32, 5)}
	if !f.a.Back(b) {
		t.Error("not seen to go back")
	}
	f.a.Finish(f.over)
	if f.a.Back(b) {
		t.Error("after the end there is no back")
	}
	f.block(1, 40, 100, "p", block.PartEnd, nil)
	if len(f.parts) != 2 || f.parts[1].Verdict != detector.NotAssessed || f.parts[1].Reasons[0] != "its beginning was not seen" {
		t.Errorf("parts %+v", f.parts)
	}
}

func TestPartAsJSON(t *testing.T) {
	f := newFeed(t)
	f.block(0xfedcba9876543210, 0, 100, `<img src=x onerror=alert(1)>`, block.PartBegin|block.PartEnd, nil)
	f.block(0xfedcba9876543210, 100, 5, "empty", block.PartBegin|block.PartEnd, nil)
	for _, p := range f.parts {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Part
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(text) {
			t.Errorf("there and back:\n%s\n%s, %v", text, again, err)
		}
	}
	p := f.parts[0]
	if p.ID() != "s/fedcba9876543210/0" || p.To.Sub(p.From) != 100*time.Millisecond {
		t.Errorf("id %q, from %s to %s", p.ID(), p.From, p.To)
	}
	if text, _ := json.Marshal(f.parts[1]); !strings.Contains(string(text), `"peak":null`) || !strings.Contains(string(text), `"verdict":"not assessed","reasons":["no window in it"]`) {
		t.Errorf("got %s", text)
	}
}

func TestNewErrors(t *testing.T) {
	for _, cfg := range []Config{{RateHz: 1, Coverage: 1.1}, {RateHz: 1, Coverage: -1}, {RateHz: 1, Coverage: math.NaN()}, {}, {RateHz: math.Inf(1)}} {
		if a, err := New(cfg); err == nil || a != nil {
			t.Errorf("%+v: %v, %v", cfg, a, err)
		}
	}
}

func TestLots(t *testing.T) {
	f := newFeed(t)
	f.block(1, 0, 100, "a", block.PartBegin|block.PartEnd, nil)
	f.block(1, 100, 100, "b", block.PartBegin|block.PartEnd, unless(func(int) bool { return true }, detector.Learning))
	f.block(1, 200, 5, "c", block.PartBegin|block.PartEnd, nil)
	f.parts[2].Lot = "other"
	lots := Lots(f.parts)
	if len(lots) != 2 || lots[0].Parts != 2 || lots[0].OK != 1 || lots[0].NotAssessed != 1 || lots[0].Verdict != detector.NotAssessed || lots[0].Samples.Expected != 200 {
		t.Fatalf("lots %+v", lots)
	}
	if !reflect.DeepEqual(lots[0].Reasons, []Count{{"no model in service", 1}}) || lots[1].Reasons[0].Reason != "no window in it" {
		t.Errorf("reasons %+v", lots)
	}
	if len(Lots(nil)) != 0 {
		t.Error("lots of nothing")
	}
}

// An index that jumps by more than any pause could explain leaves no part with more samples than were ever made.
func TestFarJump(t *testing.T) {
	f := newFeed(t)
	f.block(1, 0, 1000, "a", block.PartBegin, nil)
	f.block(1, 1<<62, 100, "a", 0, nil)
	if !f.a.Back(&block.Block{Run: 1, First: 1000}) {
		t.Fatal("going back is not seen")
	}
	f.a.Finish(func(p Part) { f.parts = append(f.parts, p) })
	f.block(1, 1000, 100, "a", block.PartEnd, nil)
	total := uint64(0)
	for _, p := range f.parts {
		total += p.Samples.Expected
		if p.Verdict != detector.NotAssessed {
			t.Errorf("a piece of the part is %v: %+v", p.Verdict, p)
		}
	}
	if s, parts := f.a.Totals(); parts != 3 || total != 1200 || s.Missing != 0 {
		t.Errorf("%d parts of %d samples, %+v", parts, total, s)
	}
}
