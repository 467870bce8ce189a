// Package alert gives an alarm its life: raised after an on-delay, held by hysteresis, answered by a person, cleared once.
//
//	Upstream: detector (Score values) and the program itself (Condition values about silence, gaps, decoding, the connection)
//	Downstream: alert/notify and web/hub (Event values), through one bounded queue each
//	Drops when: a listener's queue is full; its oldest event goes and is counted. Inputs are never dropped, they wait
//
// Book is the machine itself, as a plain value without goroutine, clock or input/output: the same inputs give the same events, live,
// in replay and, from a Checkpoint, after a restart. Machine runs one Book in one goroutine and hands its events on.
//
// The words are those of ISA-18.2 and IEC 62682: an alarm is raised into the unacknowledged state; it may be acknowledged while its
// condition holds, or return to normal first and wait for the acknowledgement; when it is both over and answered it is normal and
// moves to the history. An episode is the time from raising to clearing; a score that comes and goes inside an episode is chatter,
// counted and not told again.
//
// What is known already is listed and not raised: an alarm point (a stream and a kind) that somebody shelved for a time or took out of
// service, and what another alarm explains (Dependence). When that ends while the condition holds, the alarm is raised. An alarm that is
// active for long may be told again (re-alarm). Shelves, graces, re-alarms and staleness run in wall time, by OpTick.
//
// A book is also the sum of its events: Apply takes an event as a journal kept it, so that after a crash a checkpoint and the events since
// give the book that told them, and reading the signal again from the checkpoint tells nothing twice. The counters of load (chattering,
// flood) begin anew with a restart.
//
// Delays of score alarms count windows, which is signal time: a stalled network or a replay at a hundred times the rate changes
// nothing. Conditions bring their own delays in wall time (see alert/health).
package alert
