package simulate_test

import (
	"errors"
	"fmt"
	"io"

	"crackle/ingest/block"
	"crackle/ingest/simulate"
)

// A part with a tempered zone, read block by block.
func Example() {
	cfg := simulate.DefaultBarkhausen()
	cfg.Parts = []simulate.GroundPart{{
		Name: "shaft-42", Seconds: 1,
		Burns: []simulate.Burn{{FromM: 0.10, ToM: 0.15, Class: simulate.Temper, Severity: 0.8}},
	}}
	head, err := simulate.NewBarkhausen(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, z := range head.Truth() {
		fmt.Printf("%s: %s at samples %d to %d\n", z.Part, z.Class, z.First, z.End)
	}
	var b block.Block
	for {
		if err := head.Read(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(b.End(), "samples of", head.Channels(), "simulated:", b.Flags&block.Simulated != 0)
	// Output:
	// shaft-42: temper at samples 80000 to 120000
	// 200000 samples of [mbn] simulated: true
}
