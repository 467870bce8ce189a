package inspect_test

import (
	"fmt"

	"crackle/detector/inspect"
)

func Example() {
	rows := noise(300)
	for i := 100; i < 110; i++ {
		rows[i].Usable = false // near an alarm
	}
	r, err := inspect.Inspect(inspect.Config{Names: []string{"rms", "peak"}, Units: []string{"V", ""}}, rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range r.Findings {
		if f.Level != inspect.Good {
			fmt.Println(f.Text)
		}
	}
	// Output:
	// 96.7 % of the windows are usable; the others lie near alarms, or miss samples
	// 2 lots with 3 parts: 2 lots prove no better than one bad call in 3 lots; 5 lots or more are needed for a limit that holds on new ones
}
