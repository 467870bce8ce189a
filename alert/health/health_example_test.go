package health_test

import (
	"fmt"
	"time"

	"crackle/alert/health"
)

// A watcher is stepped about once a second with what has been counted so far.
func Example() {
	start := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	w, err := health.New(health.Config{Start: start}, []health.Stream{{Name: "motor.current"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	seen := []health.Observation{{Stream: "motor.current", Last: start.Add(time.Second), End: 1000, BlockDuration: 100 * time.Millisecond}}
	for i := 1; i <= 8; i++ {
		now := start.Add(time.Duration(i) * time.Second)
		for _, c := range w.Step(nil, &health.Monitor{Connection: health.Connection{Up: true}}, seen, now) {
			fmt.Println(c.Stream, c.Kind, c.Active, c.What)
		}
	}
	// Output:
	// motor.current no_data true no data for 5s; last heard at 2026-03-01T06:00:01Z; look at the sensor, its cable and the program that publishes, and at the subject under which it does
}
