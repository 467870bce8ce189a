// Package filter designs and runs the filters that stand between a received block and its windows.
//
// Upstream: ingest/block, through window.
// Downstream: window.
// Drops when: never; a filter returns exactly as many samples as it is given.
//
// A [Design] names a filter in the words of its user: family, kind, order, edges in Hz, ripple in dB. [Design.Sections] turns it
// into second-order [Sections] for a sampling rate, or says why it cannot work. A [Cascade] runs sections over a stream of
// interleaved float32 blocks with float64 state; cutting the stream into other blocks changes no bit of the result.
package filter
