package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/journal"
	"crackle/ingest/history"
)

// JournalledAlarms are the alarms of a stream's signal that the journal of a server knows, each as it was last. They reach further back than the list
// of a program that runs. No journal is none.
func JournalledAlarms(ctx context.Context, js jetstream.JetStream, stream string) ([]alert.Alarm, error) {
	st, err := js.Stream(ctx, journal.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("alarms of stream %s: open %s: %w", stream, journal.Stream, err)
	}
	c, err := st.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{journal.Subjects}})
	if err != nil {
		return nil, fmt.Errorf("alarms of stream %s: read %s: %w", stream, journal.Stream, err)
	}
	info, err := c.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("alarms of stream %s: read %s: %w", stream, journal.Stream, err)
	}
	it, err := c.Messages()
	if err != nil {
		return nil, fmt.Errorf("alarms of stream %s: read %s: %w", stream, journal.Stream, err)
	}
	defer func() { // or the server keeps the consumer for minutes, and allows only so many
		it.Stop()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), partsTimeout)
		defer cancel()
		if now := c.CachedInfo(); now != nil {
			st.DeleteConsumer(end, now.Name)
		}
	}()
	var out []alert.Alarm
	at := map[string]int{}
	for left := info.NumPending; left > 0; left-- {
		msg, err := history.Next(ctx, it)
		if err != nil {
			return nil, fmt.Errorf("alarms of stream %s: %d entries of the journal still to be read: %w", stream, left, err)
		}
		e, err := journal.Decode(msg.Data())
		if err != nil || e.Event == nil || e.Event.Alarm.Stream != stream || !ofSignal(e.Event.Alarm.Kind) || e.Event.Alarm.ID == "" {
			continue // the journal itself counts what is damaged
		}
		a := e.Event.Alarm
		if i, have := at[a.ID]; have {
			out[i] = a
		} else {
			at[a.ID] = len(out)
			out = append(out, a)
		}
	}
	return out, nil
}
