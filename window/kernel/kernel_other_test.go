//go:build !amd64

package kernel

func avx2ForTest() loops   { return generic }
func avx512ForTest() loops { return generic }
