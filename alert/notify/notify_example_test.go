package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/log"
)

// A dispatcher hands the events of a channel to its sinks and returns when the channel is closed and everything is sent.
func Example() {
	plain := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.MessageKey || a.Key == "onset" {
			return a
		}
		return slog.Attr{}
	}})
	events := make(chan alert.Event, 1)
	d, err := notify.New(notify.Config{
		Events: events,
		Sinks:  []notify.Sink{log.New(log.Config{Log: slog.New(plain)})},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	events <- alert.Event{ID: "1-raised", Change: alert.Raised, Alarm: alert.Alarm{
		ID: "1", Stream: "motor.current", Kind: alert.KindScore, OnsetTime: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC),
	}}
	close(events)
	if err := d.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(d.Counters()[0].Sent, "sent")
	// Output:
	// msg="Alarm: motor.current, score above limit" onset=2026-03-01T06:00:00.000Z
	// 1 sent
}
