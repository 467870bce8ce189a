// Package history reads a stretch of a stream's past from the signal store, in order and as the receiver of the live stream had it.
//
// Upstream: the JetStream stream CRACKLE_SIGNAL
// Downstream: back-tests, teaching, evidence and the history that dashboards ask for, by a function that is called for each block
// Drops when: a message is malformed, of another rate or channel count, or a duplicate; counted, see [Counts]
//
// A stretch is asked for by the publisher's time ([Reader.Read]), which is the axis of every screen, by run and sample index
// ([Reader.ReadRun]), or by the store's own sequence ([Reader.ReadAfter]). A stream's messages lie in the order in which they were stored; the
// place of a time among them is found by halving, so that finding it costs some fifty messages however long the past is. It holds while the
// publisher's time goes forward; single blocks with a wrong time do no harm. Where a recording was sent twice with its old times, one of the two
// is found.
//
// Memory is bounded by the reorder horizon and a few messages on their way. A reader may be used by several goroutines at once; each call has a
// consumer of its own, which leaves nothing behind in the server.
package history
