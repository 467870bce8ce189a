package kernel_test

import (
	"fmt"

	"crackle/rnn/kernel"
)

// A layer without weights decays towards its biases: with all of them zero the GRU halves its state at every step.
func ExampleChannel_Step() {
	zero := make([]float32, 6)
	l, err := kernel.NewLayer(kernel.GRU, 1, 2, zero, make([]float32, 12), zero, zero)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(l.NewChannel([]float32{1, -0.5}, nil).Step([]float32{3}))
	// Output: [0.5 -0.25]
}
