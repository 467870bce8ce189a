package app

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"crackle/alert"
	"crackle/alert/journal"
	"crackle/web/api"
)

const (
	historyWithin = 10 * time.Second // for reading an alarm's history
	mostChanges   = 1000             // of one alarm that are shown; the newest
)

// journalReader implements api.Journal over the journal in the store.
type journalReader struct {
	app  *App
	turn chan struct{} // holds one: a journal may be long, and one reading at a time is enough
}

// Changes implements api.Journal. While the store is away an alarm has no history, which is no error: it is there again with the store.
func (r journalReader) Changes(ctx context.Context, id string) ([]api.Change, error) {
	if r.app.journal == nil || r.app.journal.kept.Load() == nil || !r.app.conn.IsConnected() {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, historyWithin)
	defer cancel()
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	a, ok := r.app.machine.Alarm(id)
	var since time.Time
	if ok && a.OnsetTime.Before(time.Now()) {
		since = a.OnsetTime.Add(-time.Minute) // signal time, at which nothing can have been journalled yet
	}
	a.ID = id
	var out []api.Change
	_, err := journal.Read(ctx, r.app.journal.js, r.app.config().Store.Worker, since, func(_ uint64, data []byte) error {
		if !bytes.Contains(data, []byte(id)) && (a.Stream == "" || !bytes.Contains(data, []byte(a.Stream))) {
			return nil
		}
		e, err := journal.Decode(data)
		if err != nil {
			return err
		}
		if c, ok := changeOf(&e, &a); ok {
			if out = append(out, c); len(out) > mostChanges {
				out = out[1:]
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: the journal: %w", api.ErrUnavailable, err)
	}
	return out, nil
}

// changeOf is what an entry says of an alarm.
func changeOf(e *journal.Entry, a *alert.Alarm) (api.Change, bool) {
	id := a.ID
	switch ev := e.Event; {
	case ev != nil && (ev.Alarm.ID == id || ev.Alarm.ID == "" && ev.Alarm.Stream == a.Stream && ev.Alarm.Kind == a.Kind): // the second is done to the alarm's point
		c := api.Change{Time: e.At, Change: string(ev.Change), By: ev.By, Comment: ev.Comment, Why: whyChanged(ev)}
		if ev.Change == alert.Acked {
			c.By, c.Comment = ev.Alarm.AckBy, ev.Alarm.AckComment
		}
		return c, true
	case e.Told != nil && strings.HasPrefix(e.Told.Event, id):
		if e.Told.Failed != "" {
			return api.Change{Time: e.At, Change: "not told", Why: e.Told.Sink + ": " + e.Told.Failed}, true
		}
		return api.Change{Time: e.At, Change: "told", Why: e.Told.Sink}, true
	case e.Note != nil && e.Note.Stream == id:
		return api.Change{Time: e.At, Change: e.Note.What, By: e.Note.By, Comment: e.Note.Comment}, true
	}
	return api.Change{}, false
}

// whyChanged says in words what stands behind a transition.
func whyChanged(ev *alert.Event) string {
	switch ev.Change {
	case alert.Raised, alert.Listed:
		return ev.Alarm.What
	case alert.Cleared:
		if why, ok := clearedWords[ev.Alarm.ClearReason]; ok {
			return why
		}
	case alert.ShelfSet:
		if ev.Shelf != nil {
			return "until " + ev.Shelf.Until.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

var clearedWords = map[alert.ClearReason]string{
	alert.ClearedReturned: "the condition went away",
	alert.ClearedPart:     "the part is finished",
	alert.ClearedReset:    "it was latched, and acknowledged after its condition had gone",
	alert.ClearedRetired:  "only its latch held it, and the list of open alarms was full",
	alert.ClearedRemoved:  "the stream is not watched any more",
	alert.ClearedRestart:  "it ended while the monitor did not run",
}
