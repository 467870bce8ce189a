// Package broker is the NATS server inside Crackle: JetStream in one data folder, open to this machine only.
//
// Upstream: publishers and the receiver, as ordinary NATS clients.
// Downstream: the data folder.
// Drops when: the signal stream is above its bytes or age; JetStream then discards the oldest messages.
//
// One folder, one server. [Start] locks the folder, so that a second process is refused and told which process holds it, and leaves the
// address and the token of its server in the folder's door file, readable by its owner alone. Another process of the same user, such as a
// replay beside a running monitor, reads them with [Door] and connects to the server instead of opening the folder.
//
// Every write is flushed to disk before it is acknowledged (SyncAlways). [EnsureSignals] makes the stream that keeps the signals, in this
// server or in an external one.
package broker
