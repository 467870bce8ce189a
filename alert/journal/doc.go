// Package journal keeps every transition of every alarm, what people did, and what was changed, in a JetStream stream, so that an alarm's
// life survives kill -9, a restart and a reload: nothing is told again that was noted as told, nothing is forgotten.
//
//	Upstream: alert (Event values, through a listener), alert/notify (which sink took which event), the program (Note values)
//	Downstream: the stream CRACKLE_JOURNAL, subjects crackle.journal.<name>
//	Drops when: the store is away for so long that the bounded queue is full; its oldest entry goes, is counted, and the count is journalled
//
// Each entry is stored exactly once. It is published with the sequence of the entry before it as a condition, so an entry whose answer was lost
// is found there instead of being stored again, and a second writer that takes the journal over stops the first (ErrTaken). A store that
// lost its youngest entries in a crash is given them again from memory.
//
// The journal is one listener of the alarm machine among others, with a queue of its own. Whoever tells people may ask it whether it has an event
// (Settled), or is another writer's (Counts), and wait for that, but had better not wait for long: while the store is away, telling comes first.
//
// Open reads the journal back. Its State holds the alarms as the journal knows them and the events since a checkpoint; together they make an
// alarm book that goes on (see alert.Book.Apply). A checkpoint must not be newer than the journal: write one only when Settled reports
// true for the number of its newest event.
package journal
