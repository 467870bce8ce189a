// Package ingest takes signals in: it connects to NATS, reads one stream's blocks and hands them on in the order of their samples.
//
// Upstream: publishers, through NATS subjects crackle.signal.<stream>, kept by JetStream or not.
// Downstream: conditioning, through the channel of [Receiver.Blocks]; every block goes back with [Receiver.Release].
// Drops when: a message is malformed, of another rate or channel count, a duplicate, or too late to be put in its place; on core NATS also
// when the queue is full, and then the oldest block goes. Each is counted, see [Counts].
//
// [Connect] makes a connection that outlives any absence of the server. A [Receiver] reads one stream over it, either from JetStream, where
// a full queue stops the reading and nothing is lost while the stream's limits hold, or from core NATS. A [Publisher] is the other end.
package ingest
