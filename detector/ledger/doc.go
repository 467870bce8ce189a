// Package ledger keeps account of what became of every sample of every part, so that silence is never taken for a good part.
//
//	Upstream: detector (Score values) and the stream's blocks, each once
//	Downstream: web, alert, evidence and reports (Part values)
//	Drops when: never
//
// The publisher's sample counter says how many samples a part should have. Each of them is booked once: measured and looked at by a window
// with a score, filled in and looked at, given to the warm-up at the part's beginning, outside of any window by design, or lost, with the
// reason. So the numbers of a Part add up to the sample: see Samples. From them, and from what is known of the signal's health, follows the verdict.
//
// An Account is fed a block before the conditioner is, then the scores of the windows that the block completed, then Settle:
//
//	account.Block(b); conditioner.Push(b, ...account.Add(score)...); account.Settle(over)
package ledger
