// Package eval measures detectors by the published protocols of their benchmarks: point-wise counts, changepoints within a window, the two
// Numenta-style scores (SKAB's and NAB's, which differ), volume under the precision-recall surface, events, delay and rank. Each measure has
// its own file; the suites that feed them are in package suite.
//
// Upstream: scores and alarms of a detector over a labelled recording, and the labels.
// Downstream: figures for a report or a test.
// Drops when: never; rows without a verdict are told by the caller and leave all counts.
//
// All functions are pure and may be called from several goroutines.
package eval
