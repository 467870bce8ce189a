// Package health finds what no score can tell: silence, gaps, unreadable payloads, a messaging server that is away.
//
//	Upstream: the program's own counters (Observation and Connection values, once per tick)
//	Downstream: alert (Condition values)
//	Drops when: never
//
// Watcher is a plain state without goroutine or clock: the program calls Step about once a second with what it has counted so far and
// the wall time, and hands the findings to the alarm machine. Reading counters, rather than being called for every block, keeps it off
// the hot path.
//
// One root cause is one alarm. While the messaging server is away no stream is said to be silent: the connection's alarm names the
// streams that depend on it, and after it is back each gets its full time again. The same holds after the monitor itself was stopped
// or starved for a while: nobody can say that a stream was silent while nobody listened.
package health
