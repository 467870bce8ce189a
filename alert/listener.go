package alert

import "sync/atomic"

// Listener receives a machine's events through a bounded queue of its own, in order. A slow listener delays nobody: when its queue is
// full, its oldest event is dropped and counted, and the machine's snapshot holds what it missed.
type Listener struct {
	C <-chan Event // closed when the machine's Run returns

	name    string
	beats   bool
	c       chan Event
	dropped atomic.Uint64
}

func newListener(name string, depth int) *Listener {
	c := make(chan Event, max(depth, 1))
	return &Listener{C: c, c: c, name: name}
}

// Name is the name given to Listen.
func (l *Listener) Name() string { return l.name }

// Queued is the number of events waiting.
func (l *Listener) Queued() int { return len(l.c) }

// Dropped is the number of events lost to a full queue.
func (l *Listener) Dropped() uint64 { return l.dropped.Load() }

// push adds an event and never blocks. It has one caller, the machine's goroutine, so that a place made free is not taken by another.
func (l *Listener) push(ev Event) {
	for {
		select {
		case l.c <- ev:
			return
		default:
		}
		select {
		case <-l.c:
			l.dropped.Add(1)
		default:
		}
	}
}
