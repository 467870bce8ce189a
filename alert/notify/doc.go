// Package notify tells people about alarms: one dispatcher, one goroutine and one bounded queue per sink.
//
//	Upstream: alert (Event values, through a Listener)
//	Downstream: one package per sink: slack, email, webhook, log
//	Drops when: a sink's queue is full (its oldest message goes), or a message could not be delivered for good or in time; both counted and logged
//
// Raising and clearing are told, each once per event id and sink; acknowledgements are for the dashboard. A sink that is slow, away or
// says "later" delays nobody but itself: its messages keep their order, so that a clear never overtakes its onset, and wait with
// exponential back-off and jitter, or for as long as the other side asked.
//
// A sink with hours (Timed) is told of an alarm that began outside of them when they begin, once and with its onset, if it stands then; what was over or
// put aside by then is not told, and counted.
//
// Sinks can be exchanged while the dispatcher runs (Exchange): one that stays keeps its queue, another one of the same name takes it over, and one that
// goes gets time to drain.
//
// A message may arrive twice: when the other side took it and its answer was lost. It carries the same id both times
// (Idempotency-Key, Message-ID).
package notify
