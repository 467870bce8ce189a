package journal_test

import (
	"fmt"
	"time"

	"crackle/alert"
	"crackle/alert/journal"
)

// Entries are JSON: one line of the journal of somebody's answer.
func ExampleDecode() {
	e, err := journal.Decode([]byte(`{"v":1,"writer":"W","n":7,"at":"2026-03-01T06:00:00Z","event":{"event_id":"59a4-acknowledged","change":"acknowledged",
		"alarm":{"id":"59a4","stream":"motor.current","kind":"score","run":"0","ack_by":"Ines"},"from":"active_unacknowledged","number":12,"place":{"run":"0","end":0}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.At.Format(time.RFC3339), e.Event.Alarm.Stream, e.Event.Change, e.Event.Alarm.AckBy, e.Event.Change == alert.Acked)
	// Output: 2026-03-01T06:00:00Z motor.current acknowledged Ines true
}
