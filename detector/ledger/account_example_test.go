package ledger_test

import (
	"fmt"

	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
)

// A part of which one window in ten could not be scored is neither good nor bad: it is not assessed.
func Example() {
	account, err := ledger.New(ledger.Config{Stream: "grinder.mbn", RateHz: 200_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := block.Block{Run: 1, Channels: 1, Part: "shaft-7", Flags: block.PartBegin | block.PartEnd, Samples: make([]float32, 100_000)}
	account.Block(&b)
	for i := range uint64(100) {
		s := detector.Score{Stream: "grinder.mbn", Run: 1, Part: "shaft-7", First: i * 1000, End: (i + 1) * 1000, Value: 0.4, Limit: 1, Verdict: detector.OK}
		if i%10 == 0 {
			s.Verdict, s.Reason = detector.NotAssessed, detector.SignalDefect
		}
		account.Add(&s)
	}
	account.Settle(func(p ledger.Part) {
		fmt.Println(p.Part, p.Verdict, p.Reasons)
		fmt.Println(p.Samples.Scored, "of", p.Samples.Expected, "samples scored,", p.Samples.Lost.Spoiled, "lost")
	})
	// Output:
	// shaft-7 not assessed [windows touched by a defect]
	// 90000 of 100000 samples scored, 10000 lost
}
