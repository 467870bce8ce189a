// Package soak runs the whole program under load and faults for a while and checks what must hold however long it runs: the account of every
// stream adds up to the sample, memory, goroutines and open files stay flat, nothing bad is called ok, and the heartbeat never fails.
//
// The server, the streams, the models and the publishers are real ones. Faults are drawn from a seed: samples that are left out, that are no
// numbers, blocks that come twice or in the wrong order, payloads that cannot be read, and publishers that start anew. What was done is
// written down, and at the end held against what the program says of it.
package soak
