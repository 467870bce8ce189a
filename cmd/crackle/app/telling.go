package app

import (
	"context"
	"sync/atomic"
	"time"

	"crackle/alert"
)

// tellWithin is how long people wait at most for the journal to have what they are to be told: while the store is away, telling comes before not
// repeating.
const tellWithin = 3 * time.Second

// telling hands the alarm machine's events on to the sinks, each as soon as the journal has it. When another crackle has taken the journal, as it does
// while this process hangs, what is not in it is that one's to tell.
type telling struct {
	app       *App
	from      *alert.Listener
	to        chan alert.Event
	impatient bool          // the journal kept somebody waiting, and has not caught up since
	withheld  atomic.Uint64 // events that were another's to tell
}

func newTelling(a *App) *telling {
	return &telling{app: a, from: a.machine.ListenToBeats("sinks", 1024), to: make(chan alert.Event)}
}

// run ends when the machine closes its listener and everything is handed on, or with ctx.
func (g *telling) run(ctx context.Context) error {
	defer close(g.to)
	for ev := range g.from.C {
		if !g.ours(ctx, ev.Number) {
			g.withheld.Add(1)
			g.app.log.Warn("not told: another crackle has taken over, and tells", "event", ev.ID, "stream", ev.Alarm.Stream, "change", ev.Change)
			continue
		}
		select {
		case g.to <- ev:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// ours waits until the journal has the event of a number, or somebody else the journal, or it has been waited for long enough. It is false in the
// second case. Signs of life have no number and do not wait.
func (g *telling) ours(ctx context.Context, number uint64) bool {
	if number == 0 {
		return true
	}
	for end := time.Now().Add(tellWithin); ; {
		j := g.app.journal.kept.Load()
		switch {
		case j == nil:
			return true // away since the start
		case j.Settled(number):
			g.impatient = false
			return true
		case j.Counts().Taken:
			return false
		case g.impatient || time.Now().After(end):
			g.impatient = true
			return true
		}
		select {
		case <-ctx.Done():
			return true
		case <-time.After(2 * time.Millisecond):
		}
	}
}
