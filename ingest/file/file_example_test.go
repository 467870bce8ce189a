package file_test

import (
	"errors"
	"fmt"
	"io"

	"crackle/ingest/block"
	"crackle/ingest/file"
)

// A header-less recording of three currents; the file does not tell its rate.
func Example() {
	r, err := file.Open("testdata/motor_healthy.csv", file.Options{
		RateHz: 1000,
		Columns: []file.Column{
			{From: "1", Name: "phase_a_a"}, {From: "2", Name: "phase_b_a"}, {From: "3", Name: "phase_c_a"},
		},
		BlockSamples: 256,
		Part:         "motor-1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = r.Close() }() // only read: nothing to lose
	var b block.Block
	for {
		if err := r.Read(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.First, b.Count(), b.Samples[0], b.Flags&block.PartEnd != 0)
	}
	fmt.Println(r.Info().Channels, r.Info().Rows)
	// Output:
	// 0 256 -1.1515797 false
	// 256 256 -1.2007945 false
	// 512 256 2.7421987 false
	// 768 232 -2.457641 true
	// [phase_a_a phase_b_a phase_c_a] 1000
}
