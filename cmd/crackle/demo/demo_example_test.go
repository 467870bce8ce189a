package demo_test

import (
	"fmt"

	"crackle/cmd/crackle/demo"
)

func Example() {
	motor, err := demo.Motor()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range motor[:4] {
		fmt.Println(r.Name, "learn:", r.Learn, "must be found:", r.MustBeFound())
	}
	log, err := demo.Temperature()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(log.Samples), "rows,", len(log.Windows), "labelled windows")
	grinder, err := demo.Grinder(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := grinder.Parts[10]
	fmt.Println(p.Name, p.Burn.Class, p.Burn.First-p.Span.First, p.Burn.End-p.Span.First)
	// Output:
	// SC_HLT_001 learn: true must be found: false
	// SC_HLT_002 learn: true must be found: false
	// SC_HLT_003 learn: false must be found: false
	// SC_A1_B0_C0_001 learn: false must be found: false
	// 22695 rows, 4 labelled windows
	// shaft-11 temper 256000 312000
}
