// Package feature reduces a window of samples to a vector of measured numbers.
//
// Upstream: window.
// Downstream: window, and through it the detector.
// Drops when: never; every window gives every number, 0 where one is not defined.
//
// A feature set is a list of strings, one an entry:
//
//	rms                       the RMS of every channel, in channel order
//	mbn.log_rms               of the channel mbn only
//	mbn.log_band_power(10000, 40000)
//	sequence(60)              a feature of several channels: the first three
//	sequence(60, ia, ib, ic)  or the ones named
//
// [Set.Names] names each output number: an entry that gives one number has its own name (mbn.rms), one that gives several adds a
// suffix (sequence(60).negative_re). Samples are float32, sums are float64. The spectrum and the envelope of a channel are
// computed once per window, however many features ask for them, and nothing is allocated.
//
// Rules that hold for every feature: a value that is not defined (the kurtosis of a constant, a frequency of silence) is 0;
// logarithms are natural and their argument is at least 1e-30; a result beyond float32 becomes the largest float32; no output is
// NaN or infinite, provided that the samples are finite.
package feature
