package alert

import (
	"testing"
	"time"

	"crackle/detector"
)

// TestScoreAllocatesNothing holds the promise of Book.Step for scores that change no alarm, outside an episode and inside one.
func TestScoreAllocatesNothing(t *testing.T) {
	book, err := NewBook(BookConfig{Streams: []Stream{{Name: "s", Rules: Rules{Raise: 1, Of: 3, Clear: 1 << 30}}}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	in := Input{Op: OpScore, Score: detector.Score{Stream: "s", Part: "p", End: 100, TimeNS: 1, Value: 1, Limit: 4, Verdict: detector.OK}}
	events := make([]Event, 0, 4)
	step := func() {
		in.Score.First += 100
		in.Score.End += 100
		if events, err = book.Step(events[:0], &in, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("a quiet score allocates %g times", n)
	}
	in.Score.Value, in.Score.Verdict = 5, detector.Alarm
	step()
	if len(events) != 1 {
		t.Fatalf("%d events at the onset", len(events))
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("a score inside an episode allocates %g times", n)
	}
}
