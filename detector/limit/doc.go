// Package limit turns raw scores into probabilities and alarms that keep their word: tails of a calibration sample (split-conformal below,
// peaks over threshold above), a limit that follows a drifting process, what budget a sample can support, and the rules that make
// episodes of alarms out of rows.
//
// Upstream: raw scores of a member on rows that it was not fitted to, then its scores as they come.
// Downstream: calibrated scores, -log10 of the probability that a good row scores as high, and alarm states.
// Drops when: a score is NaN: it gets no probability and leaves every state as it was.
//
// Everything that is stepped row by row takes constant time, allocates nothing and is for one goroutine. Nothing depends on the unit of the
// raw score: limits on scores a billion times larger are a billion times larger.
package limit
