package ledger_test

import (
	"fmt"

	"crackle/detector"
	"crackle/detector/ledger"
)

// A part of which one window in ten could not be scored is neither good nor bad: it is not assessed.
func Example() {
	var open ledger.Open
	for i := range 100 {
		s := detector.Score{Stream: "grinder.mbn", Run: 1, Part: "shaft-7", First: uint64(i), End: uint64(i + 1), Value: 0.4, Limit: 1, Verdict: detector.OK}
		if i%10 == 0 {
			s.Verdict, s.Reason = detector.NotAssessed, detector.SignalDefect
		}
		open.Add(&s)
	}
	part, over := open.Add(&detector.Score{Stream: "grinder.mbn", Run: 1, Part: "shaft-7", First: 100, End: 100, PartEnd: true})
	fmt.Println(over, part.Scored, "of", part.Windows, part.Verdict(ledger.DefaultCoverage))
	// Output: true 90 of 100 not assessed
}
