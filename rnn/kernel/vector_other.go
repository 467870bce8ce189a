//go:build !amd64

package kernel

// hasVectors is false where only the generic kernel is built.
const hasVectors = false

func use(string) {}

func vectorKernels() []string { return nil }

func aligned(n int) []float32 { return make([]float32, n) }

type plan struct{}

func (s *Channel) prepare() {}

func (s *Channel) stepVector(x *float32) bool { return false }

func (l *Layer) tileVector(save, hn, cn, x, h, c []float32) bool { return false }

func (d *Dense) applyVector(dst, x *float32) bool { return false }

func (d *Dense) applyTileVector(dst, x []float32) bool { return false }

func (l *Layer) gatesBackVector(dg, dh, dc, dout, save, h, c []float32) bool { return false }

func addTransposeVector(dst, src, w []float32, rows, cols, stride int) bool { return false }

func addOuterVector(dw []float32, rows, cols int, a []float32, aStride int, b []float32, bStride, steps int) bool {
	return false
}

func addRowsVector(db []float32, rows int, a []float32, aStride, steps int) bool { return false }

func transposeVector(dst, src []float32, cols int) int { return 0 }
