package evidence_test

import (
	"fmt"
	"time"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/ingest/block"
)

// A recorder makes the pack of an alarm once the time after its onset has come.
func Example() {
	r, err := evidence.NewRecorder(evidence.Config{
		Stream: "motor.current", Channels: []string{"current_a"}, RateHz: 1000, Pre: 200 * time.Millisecond, Post: 300 * time.Millisecond,
		Out: func(p *evidence.Pack) {
			file, err := evidence.Encode(p)
			fmt.Println(p.Alarm.ID, p.Raw.Segments[0].First, len(p.Raw.Samples), len(file) > 0, err)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range uint64(10) {
		r.Push(&block.Block{Run: 7, First: 100 * i, RateHz: 1000, Channels: 1, Samples: make([]float32, 100)})
		r.Done() // a stream marks, conditions and scores before
		if i == 5 {
			r.Trigger(alert.Alarm{ID: "59a4c6af05f4f0dd", Stream: "motor.current", Run: 7, Onset: 500})
		}
	}
	// Output: 59a4c6af05f4f0dd 300 500 true <nil>
}
