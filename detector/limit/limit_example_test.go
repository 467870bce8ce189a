package limit_test

import (
	"fmt"

	"crackle/detector/limit"
)

// One alarm-free hour says little about a day.
func ExampleRate() {
	_, perHour := limit.Rate(0, 1, 0.95)
	fmt.Printf("no less than %.0f a day\n", 24*perHour)
	// Output: no less than 72 a day
}
