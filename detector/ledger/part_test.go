package ledger

import (
	"math"
	"testing"

	"crackle/detector"
)

func score(part string, i int, v detector.Verdict, why detector.Reason) *detector.Score {
	s := &detector.Score{Stream: "s", Run: 1, Part: part, First: uint64(i), End: uint64(i + 1), Value: math.NaN(), Verdict: v, Reason: why}
	if v != detector.NotAssessed {
		s.Value, s.Limit = float64(i), 1
	}
	return s
}

func TestPartVerdict(t *testing.T) {
	for _, tc := range []struct {
		name   string
		warm   int
		scored int
		lost   int
		alarm  bool
		want   detector.Verdict
	}{
		{"nothing came", 0, 0, 0, false, detector.NotAssessed},
		{"only warm-up", 3, 0, 0, false, detector.NotAssessed},
		{"all scored", 3, 100, 0, false, detector.OK},
		{"one of 100 lost", 3, 99, 1, false, detector.OK},
		{"two of 100 lost", 3, 98, 2, false, detector.NotAssessed},
		{"alarm in a part half lost", 3, 50, 50, true, detector.Alarm},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var o Open
			i := 0
			add := func(n int, v detector.Verdict, why detector.Reason) {
				for range n {
					if _, over := o.Add(score("p", i, v, why)); over {
						t.Fatal("the part ended in its middle")
					}
					i++
				}
			}
			add(tc.warm, detector.NotAssessed, detector.WarmingUp)
			add(tc.scored, detector.OK, 0)
			add(tc.lost, detector.NotAssessed, detector.SignalDefect)
			if tc.alarm {
				o.Alarm(1, "p")
			}
			p, over := o.Add(&detector.Score{Stream: "s", Run: 1, Part: "p", First: uint64(i), End: uint64(i), PartEnd: true})
			if !over || p.Verdict(DefaultCoverage) != tc.want {
				t.Errorf("over %v, verdict %v of %+v; want %v", over, p.Verdict(DefaultCoverage), p, tc.want)
			}
			if p.Warmup != tc.warm || p.Scored != tc.scored || p.Windows != tc.scored+tc.lost {
				t.Errorf("booked %+v", p)
			}
		})
	}
}

func TestPartWithoutItsBeginningIsNotAssessed(t *testing.T) {
	p := Part{Windows: 100, Scored: 100, Cut: true}
	if v := p.Verdict(DefaultCoverage); v != detector.NotAssessed {
		t.Errorf("verdict %v", v)
	}
	p.Alarmed = true
	if v := p.Verdict(DefaultCoverage); v != detector.Alarm {
		t.Errorf("verdict %v with an alarm", v)
	}
}

func TestPartEndsWithTheNext(t *testing.T) {
	var o Open
	o.Add(score("a", 0, detector.OK, 0))
	p, over := o.Add(score("b", 1, detector.OK, 0))
	if !over || p.Part != "a" || p.End != 1 {
		t.Errorf("got %+v, %v; want part a to be over", p, over)
	}
	if p, ok := o.Current(); !ok || p.Part != "b" || p.Scored != 1 {
		t.Errorf("open is %+v, want b with one score", p)
	}
}

// A warm-up in the middle of a part follows a break and is a loss of coverage.
func TestWarmUpAfterABreakIsALoss(t *testing.T) {
	var o Open
	for i := range 50 {
		o.Add(score("p", i, detector.OK, 0))
	}
	o.Add(score("p", 50, detector.NotAssessed, detector.WarmingUp))
	if p, _ := o.Current(); p.Windows != 51 || p.Warmup != 0 || p.Verdict(DefaultCoverage) != detector.NotAssessed {
		t.Errorf("booked %+v with verdict %v, want a loss", p, p.Verdict(DefaultCoverage))
	}
}
