// Command gen writes the assembly of package kernel. See ../generate.go for how it is run.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: the bytes of its vectors and a maker of registers. Every lane goes through the same operations in the same
// order in both, which is why their results agree to the bit.
type isa struct {
	name  string
	bytes int
	vec   func() reg.VecVirtual
	half  func() reg.VecVirtual // half as wide, for float32
}

func main() {
	name := flag.String("isa", "", "avx2 or avx512")
	flag.Parse()
	v := map[string]isa{
		"avx2":   {"AVX2", 32, YMM, XMM},
		"avx512": {"AVX512", 64, ZMM, YMM},
	}[*name]
	if v.name == "" {
		fmt.Fprintln(os.Stderr, "gen: -isa must be avx2 or avx512")
		os.Exit(2)
	}
	ConstraintExpr("amd64")
	v.iirFrames()
	for _, bits := range []string{"64", "32"} {
		v.iirLanes(bits, false)
		v.iirLanes(bits, true)
		if v.bytes == 64 { // 16 registers do not hold two
			v.iirPair(bits)
		}
	}
	v.widen()
	v.narrow()
	v.fftPack()
	v.fftRadix4()
	v.fftRadix2()
	v.fftTranspose()
	v.fftUnpack()
	Generate()
}

func load(name string) reg.Register { return Load(Param(name), GP64()) }

func at(base reg.Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

// lanes is the number of float64 in a vector.
func (v isa) lanes() int { return v.bytes / 8 }

// small is an immediate of the width that additions take.
func small(n int) Op {
	if n < 128 {
		return U8(n)
	}
	return U32(n)
}
