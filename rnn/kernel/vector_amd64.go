package kernel

import "unsafe"

//go:generate sh -c "cd _gen && go run . -isa avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg kernel"
//go:generate sh -c "cd _gen && go run . -isa avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg kernel"
//go:generate sh -c "cd _gen && go run . -isa cpu -out ../cpu_amd64.s -stubs ../cpu_amd64.go -pkg kernel"

// hasVectors says that this build has vector forms; whether the machine can run them decides Available.
const hasVectors = true

// set is the instruction set in use.
type set uint8

const (
	setGeneric set = iota
	setAVX2
	setAVX512
)

var inUse set

func use(name string) {
	switch name {
	case "avx512":
		inUse = setAVX512
	case "avx2":
		inUse = setAVX2
	default:
		inUse = setGeneric
	}
}

// hasVNNI says that the processor has the byte products of AVX-512 VNNI. Without them the AVX2 form of Int8 serves the AVX-512 kernel too.
var hasVNNI bool

// vectorKernels lists what the processor offers and the operating system saves.
func vectorKernels() []string {
	most, _, _, _ := cpuid(0, 0)
	if most < 7 {
		return nil
	}
	_, _, c1, _ := cpuid(1, 0)
	_, b7, c7, _ := cpuid(7, 0)
	const fma, osxsave, avx = 1 << 12, 1 << 27, 1 << 28
	if c1&(fma|osxsave|avx) != fma|osxsave|avx {
		return nil
	}
	saved := xgetbv()
	const avx2, bmi2 = 1 << 5, 1 << 8
	if saved&6 != 6 || b7&(avx2|bmi2) != avx2|bmi2 {
		return nil
	}
	const f, dq, bw, vl = 1 << 16, 1 << 17, 1 << 30, 1 << 31
	if saved&0xe6 != 0xe6 || b7&(f|dq|bw|vl) != f|dq|bw|vl {
		return []string{"avx2"}
	}
	const vnni = 1 << 11
	hasVNNI = c7&vnni != 0
	return []string{"avx2", "avx512"}
}

// aligned gives n zeros that begin at a cache line, so that no vector load crosses one.
func aligned(n int) []float32 {
	b := make([]float32, n+15)
	skip := int(-uintptr(unsafe.Pointer(ptr(b)))/4) & 15
	return b[skip : skip+n : skip+n]
}

// tileVector is StepTile with a vector kernel, all lanes.
func (l *Layer) tileVector(save, hn, cn, x, h, c []float32) bool {
	switch inUse {
	case setAVX512:
		sums512[l.Cell](ptr(l.tile), ptr(x), ptr(h), ptr(save), l.In, l.Hidden)
		activate512[l.Cell](ptr(save), ptr(h), ptr(c), ptr(hn), ptr(cn), l.Hidden)
	case setAVX2:
		sums2[l.Cell](ptr(l.tile), ptr(x), ptr(h), ptr(save), l.In, l.Hidden)
		activate2[l.Cell](ptr(save), ptr(h), ptr(c), ptr(hn), ptr(cn), l.Hidden)
	default:
		return false
	}
	return true
}

// In the order of the cells.
var (
	sums512     = [...]func(w, x, h, save *float32, in, hidden int){sumsGRUAVX512, sumsLSTMAVX512, sumsElmanTanhAVX512, sumsElmanReLUAVX512}
	sums2       = [...]func(w, x, h, save *float32, in, hidden int){sumsGRUAVX2, sumsLSTMAVX2, sumsElmanTanhAVX2, sumsElmanReLUAVX2}
	activate512 = [...]func(save, h, c, hn, cn *float32, hidden int){activateGRUAVX512, activateLSTMAVX512, activateElmanTanhAVX512, activateElmanReLUAVX512}
	activate2   = [...]func(save, h, c, hn, cn *float32, hidden int){activateGRUAVX2, activateLSTMAVX2, activateElmanTanhAVX2, activateElmanReLUAVX2}
)

func (d *Dense) applyVector(dst, x *float32) bool {
	switch inUse {
	case setAVX512:
		denseAVX512(ptr(d.w), ptr(d.b), x, dst, d.In, d.Out)
	case setAVX2:
		denseAVX2(ptr(d.w), ptr(d.b), x, dst, d.In, d.Out)
	default:
		return false
	}
	return true
}

func (d *Dense) applyTileVector(dst, x []float32) bool {
	switch inUse {
	case setAVX512:
		denseTileAVX512(ptr(d.w), ptr(d.b), ptr(x), ptr(dst), d.In, d.Out)
	case setAVX2:
		denseTileAVX2(ptr(d.w), ptr(d.b), ptr(x), ptr(dst), d.In, d.Out)
	default:
		return false
	}
	return true
}

func (l *Layer) gatesBackVector(dg, dh, dc, dout, save, h, c []float32) bool {
	row := l.Hidden * Lanes
	switch {
	case inUse == setAVX512 && l.Cell == GRU:
		gruBackAVX512(ptr(dg), ptr(dh), ptr(dout), ptr(save), ptr(h), row)
	case inUse == setAVX512 && l.Cell == LSTM:
		lstmBackAVX512(ptr(dg), ptr(dh), ptr(dc), ptr(dout), ptr(save), ptr(c), row)
	case inUse == setAVX2 && l.Cell == GRU:
		gruBackAVX2(ptr(dg), ptr(dh), ptr(dout), ptr(save), ptr(h), row)
	case inUse == setAVX2 && l.Cell == LSTM:
		lstmBackAVX2(ptr(dg), ptr(dh), ptr(dc), ptr(dout), ptr(save), ptr(c), row)
	default:
		return false
	}
	return true
}

func addTransposeVector(dst, src, w []float32, rows, cols, stride int) bool {
	switch inUse {
	case setAVX512:
		addTransposeAVX512(ptr(dst), ptr(src), ptr(w), rows, cols, stride)
	case setAVX2:
		addTransposeAVX2(ptr(dst), ptr(src), ptr(w), rows, cols, stride)
	default:
		return false
	}
	return true
}

func addOuterVector(dw []float32, rows, cols int, a []float32, aStride int, b []float32, bStride, steps int) bool {
	switch inUse {
	case setAVX512:
		addOuterAVX512(ptr(dw), ptr(a), ptr(b), rows, cols, aStride, bStride, steps)
	case setAVX2:
		addOuterAVX2(ptr(dw), ptr(a), ptr(b), rows, cols, aStride, bStride, steps)
	default:
		return false
	}
	return true
}

func addRowsVector(db []float32, rows int, a []float32, aStride, steps int) bool {
	switch inUse {
	case setAVX512:
		addRowsAVX512(ptr(db), ptr(a), rows, aStride, steps)
	case setAVX2:
		addRowsAVX2(ptr(db), ptr(a), rows, aStride, steps)
	default:
		return false
	}
	return true
}

// transposeVector does the columns that come in eights and gives their number.
func transposeVector(dst, src []float32, cols int) int {
	n := cols &^ 7
	if n == 0 {
		return 0
	}
	switch inUse {
	case setAVX512:
		transposeAVX512(ptr(dst), ptr(src), cols, n)
	case setAVX2:
		transposeAVX2(ptr(dst), ptr(src), cols, n)
	default:
		return 0
	}
	return n
}
