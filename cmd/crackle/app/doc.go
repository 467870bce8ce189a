// Package app is the embeddable program: New, Start, Reload, Stop. It alone knows every stage; pipeline.go wires the path of a sample in
// one function, in execution order.
//
//	Upstream: config (what to run)
//	Downstream: every stage
//	Drops when: never by itself; each stage counts what it drops
package app
