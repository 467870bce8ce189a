package onnx_test

import (
	"fmt"
	"os"

	"crackle/rnn"
	"crackle/rnn/onnx"
)

// Read a network that PyTorch exported and run it over a sequence, row by row.
func Example() {
	f, err := os.Open("testdata/gru.onnx") // torch.onnx.export(model, x, "gru.onnx", opset_version=14)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	m, err := onnx.Read(f)
	if err != nil {
		fmt.Println(err) // every node in the way, by name
		return
	}
	net, err := rnn.New(m.Weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := net.Config()
	fmt.Printf("%s, %d inputs, %d units, head %s of %d\n", c.Cell, c.Input, c.Hidden, c.Head, c.Output)
	s, y := net.NewState(), make([]float32, c.Width())
	for _, row := range [][]float32{{0.5, -1, 0}, {0.25, 0, 1}} {
		if err := net.Step(y, row, s); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f\n", y)
	}
	// Output:
	// gru, 3 inputs, 8 units, head linear of 2
	// [0.299 0.340]
	// [0.180 0.306]
}
