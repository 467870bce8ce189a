// Package drift notices that a model no longer fits: the windows that nobody is alarmed by score higher, on the whole, than good ones did when the
// model was taught.
//
// Upstream: calibrated scores of windows that are ok, one by one.
// Downstream: the monitor's health, which makes an alarm of it.
// Drops when: a score is NaN: it is not counted.
//
// A calibrated score is -log10 of the probability that a good window scores as high, so that one good window in four scores above Level. Windows are
// taken in batches that are long against the time over which the scores of held-out windows depend on each other; the share of a batch that is above
// Level is a number from 0 to 1, whose expectation is known to be no larger than Most, an upper bound by what was held out. Then
//
//	e = 1 + λ·(share − Most),  E[e | all batches before] ≤ 1
//
// is an e-value, and S ← max(S, 1)·e an e-detector (Shin, Ramdas, Rinaldo: E-detectors, 2023; Lorden, 1971, for the likelihood ratio): however the
// scores are distributed, the mean of several such S passes A no sooner than after A batches on average. A is chosen from the false alarms a year that
// are stated. Nothing is assumed of what a drift looks like; a larger one is found sooner.
package drift
