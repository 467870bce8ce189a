//go:build !amd64

package kernel

func vectorLoops() []loops { return nil }
