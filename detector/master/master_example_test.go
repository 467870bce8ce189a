package master_test

import (
	"fmt"
	"time"

	"crackle/detector/master"
)

// Five mornings set the limits; on the eighth the sensor has lost a tenth of its gain.
func Example() {
	chart, err := master.New(master.Config{Name: "REF-1", Learn: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	for day, rms := range []float64{0.401, 0.399, 0.400, 0.402, 0.398, 0.400, 0.401, 0.360} {
		p, _, err := chart.Add(master.Measurement{
			Part: "REF-1", First: uint64(day), At: time.Date(2026, 3, 2+day, 6, 0, 0, 0, time.UTC),
			Features: []string{"mbn.rms"}, Units: []string{"V"}, Values: []float64{rms},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		if len(p.Out) > 0 {
			fmt.Printf("day %d: %s was %.3f V, %.1f times as far from the middle as is allowed\n", day+1, p.Out[0].Name, p.Out[0].Got, p.Out[0].Beyond)
		}
	}
	// Output:
	// day 8: mbn.rms was 0.360 V, 2.9 times as far from the middle as is allowed
}
