// Command gen writes the assembly of package kernel with avo, for one instruction set a run; "go generate ./rnn/kernel" does all:
//
//	go run . -isa avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg kernel
//	go run . -isa avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg kernel
//	go run . -isa cpu -out ../cpu_amd64.s -stubs ../cpu_amd64.go -pkg kernel
//
// Both sets follow the reduction order in package kernel's documentation and give the same bits.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

// cell is a kind of recurrent layer; gates are its rows of weights per hidden unit.
type cell struct {
	name  string
	gates int
}

var cells = []cell{{"GRU", 3}, {"LSTM", 4}, {"ElmanTanh", 1}, {"ElmanReLU", 1}}

func main() {
	set := flag.String("isa", "avx512", "instruction set: avx512, avx2, or cpu for the questions that choose one")
	flag.Parse()
	ConstraintExpr("amd64")
	switch *set {
	case "cpu":
		processor()
		Generate()
		return
	case "avx512":
		wide = true
	case "avx2":
		restrictVectors()
	default:
		fmt.Fprintf(os.Stderr, "instruction set %q, must be avx512, avx2 or cpu\n", *set)
		os.Exit(2)
	}
	constants()
	for _, c := range cells {
		step(c, float32s)
		if wide && c.gates > 1 {
			step(c, bfloat16s)
		}
		if c.gates > 1 {
			stepFixed(c)
		}
		tileSums(c)
		tileActivations(c)
	}
	quantise()
	dense()
	denseTile()
	transpose()
	gruBack()
	lstmBack()
	addTranspose()
	addOuter()
	addRows()
	Generate()
}
