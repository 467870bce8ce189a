// Package inspect says what a stretch of signal holds before anything is learnt from it: how much of it is usable, and whether it has outliers, drifts,
// repeats itself, stands still, or comes from too few lots. It says so in words that tell the next step, and with a small series per number to draw.
//
//	Upstream: windows of a stretch (Row values)
//	Downstream: people, and the program's decision whether the stretch can be taught from
//	Drops when: never
//
// It looks at each number by itself and knows nothing of networks and limits.
package inspect
