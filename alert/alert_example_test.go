package alert_test

import (
	"fmt"
	"time"

	"crackle/alert"
	"crackle/detector"
)

// A book turns scores into the events of an alarm's life.
func Example() {
	book, err := alert.NewBook(alert.BookConfig{
		Streams: []alert.Stream{{Name: "motor.current", Rules: alert.Rules{Raise: 2, Of: 3, Clear: 2}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	for i, value := range []float64{1, 5, 6, 5, 1, 1} {
		verdict := detector.OK
		if value > 4 {
			verdict = detector.Alarm
		}
		now := start.Add(time.Duration(i) * time.Second)
		events, err := book.Step(nil, &alert.Input{Op: alert.OpScore, Score: detector.Score{
			Stream: "motor.current", First: uint64(i) * 1000, End: uint64(i+1) * 1000, TimeNS: now.UnixNano(),
			Value: value, Limit: 4, Verdict: verdict,
		}}, now)
		if err != nil {
			fmt.Println(err)
		}
		for _, ev := range events {
			fmt.Printf("%s %s: score %g, limit %g, onset %s\n", ev.Change, ev.Alarm.Stream, ev.Alarm.Score, ev.Alarm.Limit, ev.Alarm.OnsetTime.Format(time.RFC3339))
		}
	}
	// Output:
	// raised motor.current: score 6, limit 4, onset 2026-03-01T06:00:01Z
	// cleared motor.current: score 6, limit 4, onset 2026-03-01T06:00:01Z
}
