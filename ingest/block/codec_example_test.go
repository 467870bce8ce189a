package block_test

import (
	"fmt"

	"crackle/ingest/block"
)

func Example() {
	b := &block.Block{Run: 42, First: 1000, RateHz: 200e3, Channels: 1, Part: "P-7", Samples: []float32{0.5, -1, 0.25}}
	message, err := block.Append(nil, b, block.F32)
	if err != nil {
		fmt.Println(err)
		return
	}
	var got block.Block
	if err := block.Decode(&got, message); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(message), got.Part, got.First, got.End(), got.Samples)

	err = block.Decode(&got, message[:70])
	fmt.Println(block.KindOf(err), "|", err)
	// Output:
	// 79 P-7 1000 1003 [0.5 -1 0.25]
	// size | block: 70 bytes where the header asks for 79 (1 channels of 3 f32, part of 3, lot of 0)
}
