package app

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
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

// read hands the entries of the journal since a time to visit, one reading at a time. While the store is away there is no past, which is no error: it is
// there again with the store.
func (r journalReader) read(ctx context.Context, since time.Time, visit func(data []byte) error) error {
	if r.app.journal == nil || r.app.journal.kept.Load() == nil || !r.app.conn.IsConnected() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, historyWithin)
	defer cancel()
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%w: the journal is read for others: %w", api.ErrUnavailable, ctx.Err())
	}
	if _, err := journal.Read(ctx, r.app.journal.js, r.app.config().Store.Worker, since, func(_ uint64, data []byte) error { return visit(data) }); err != nil {
		return fmt.Errorf("%w: the journal: %w", api.ErrUnavailable, err)
	}
	return nil
}

// Record implements api.Journal.
func (r journalReader) Record(ctx context.Context, id string) (*api.Record, error) {
	var since time.Time
	a, ok := r.app.machine.Alarm(id)
	if ok && a.OnsetTime.Before(time.Now()) {
		since = a.OnsetTime.Add(-time.Minute) // signal time, at which nothing can have been journalled yet
	}
	a.ID = id
	out := &api.Record{}
	err := r.read(ctx, since, func(data []byte) error {
		if !bytes.Contains(data, []byte(id)) && (a.Stream == "" || !bytes.Contains(data, []byte(a.Stream))) {
			return nil
		}
		e, err := journal.Decode(data)
		if err != nil {
			return err
		}
		if e.Event != nil && e.Event.Alarm.ID == id {
			a = e.Event.Alarm
			out.Alarm = &e.Event.Alarm
		}
		if c, ok := changeOf(&e, &a); ok {
			if out.Changes = append(out.Changes, c); len(out.Changes) > mostChanges {
				out.Changes = out.Changes[1:]
			}
		}
		return nil
	})
	return out, err
}

// Past implements api.Journal. An alarm has its onset, in signal time, before it is journalled, in wall time, so that nothing before From is read.
func (r journalReader) Past(ctx context.Context, q api.AlarmQuery) ([]alert.Alarm, error) {
	found := map[string]alert.Alarm{}
	err := r.read(ctx, q.From, func(data []byte) error {
		if !bytes.Contains(data, []byte(`"event":{`)) {
			return nil
		}
		e, err := journal.Decode(data)
		if err != nil {
			return err
		}
		if ev := e.Event; ev != nil && ev.Alarm.ID != "" && q.Fits(&ev.Alarm) {
			if found[ev.Alarm.ID] = ev.Alarm; len(found) > 4*api.MaxList {
				keepNewest(found, 2*api.MaxList)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	keepNewest(found, q.Limit)
	list := slices.Collect(maps.Values(found))
	slices.SortFunc(list, newestFirst)
	return list, nil
}

func newestFirst(a, b alert.Alarm) int {
	return cmp.Or(b.OnsetTime.Compare(a.OnsetTime), strings.Compare(a.ID, b.ID))
}

// keepNewest bounds what is found.
func keepNewest(found map[string]alert.Alarm, most int) {
	if len(found) <= most {
		return
	}
	list := slices.Collect(maps.Values(found))
	slices.SortFunc(list, newestFirst)
	for _, a := range list[most:] {
		delete(found, a.ID)
	}
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
