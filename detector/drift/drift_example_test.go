package drift_test

import (
	"fmt"

	"crackle/detector/drift"
)

// Half of the windows score what one in four did: nothing that anybody is alarmed by, and yet the model does not fit any more.
func Example() {
	d, err := drift.New(drift.Config{Rows: 2000, Effective: 500, WindowsPerYear: 365 * 24 * 3600, FalsePerYear: 0.1})
	if err != nil {
		panic(err)
	}
	n := 0
	for ; !d.Reading().Drifting; n++ {
		d.Push(float64(n%2), int64(n), true)
	}
	r := d.Reading()
	fmt.Printf("drifting after %d windows: %.0f %% above, at most %.0f %% expected\n", n, 100*r.Share, 100*r.Most)
	// Output: drifting after 2250 windows: 50 % above, at most 28 % expected
}
