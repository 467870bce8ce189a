package log_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/log"
)

// A message becomes one record.
func Example() {
	quiet := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "level" || a.Key == "msg" || a.Key == "event" {
			return a
		}
		return slog.Attr{}
	}}
	s := log.New(log.Config{Log: slog.New(slog.NewTextHandler(os.Stdout, quiet))})
	err := s.Send(context.Background(), notify.Message{ID: "1-raised", Change: alert.Raised, Title: "Motor", Kind: alert.KindNoData})
	fmt.Println(err)
	// Output:
	// level=WARN msg="Alarm: Motor, no data" event=1-raised
	// <nil>
}
