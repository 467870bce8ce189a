package eval_test

import (
	"fmt"

	"crackle/detector/eval"
)

// An alarm that comes late and stays too long: what F1 hides, FAR and MAR show.
func Example() {
	truth := []bool{false, false, true, true, true, true, false, false}
	alarm := []bool{false, false, false, true, true, true, true, false}
	c := eval.Count(truth, alarm, nil)
	fmt.Printf("F1 %.2f, false %.0f %%, missed %.0f %%\n", c.F1(), c.FAR(), c.MAR())
	// Output: F1 0.75, false 25 %, missed 25 %
}
