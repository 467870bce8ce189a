package main

import (
	"slices"
	"syscall"

	"crackle/rnn"
	"crackle/rnn/kernel"
	"crackle/rnn/train"
)

// cpuSeconds is the CPU time that this process has used.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Sec) + 1e-6*float64(u.Utime.Usec) + float64(u.Stime.Sec) + 1e-6*float64(u.Stime.Usec)
}

const repeats = 15

// median times do(n) for an n that takes about 20 ms and gives the median nanoseconds of one round.
func median(do func(n int)) float64 {
	n := 1
	for {
		t := cpuSeconds()
		do(n)
		if cpuSeconds()-t > 0.02 || n > 1<<26 {
			break
		}
		n *= 2
	}
	v := make([]float64, repeats)
	for i := range v {
		t := cpuSeconds()
		do(n)
		v[i] = (cpuSeconds() - t) / float64(n) * 1e9
	}
	slices.Sort(v)
	return v[repeats/2]
}

func weights(cell rnn.Cell, input, hidden int) (*rnn.Weights, error) {
	w, err := rnn.NewWeights(rnn.Config{Cell: cell, Input: input, Hidden: hidden, Layers: 1, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		return nil, err
	}
	train.Uniform(w, 1)
	return w, nil
}

func network(cell rnn.Cell, input, hidden int) (*rnn.Network, error) {
	w, err := weights(cell, input, hidden)
	if err != nil {
		return nil, err
	}
	return rnn.New(w)
}

func noise(n int) []float32 {
	x, seed := make([]float32, n), uint32(1)
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(int32(seed)) / (1 << 31)
	}
	return x
}

// only is the one kernel to time; all of them when empty.
var only string

// eachKernel runs do with every kernel of this machine, fastest first, and puts back the one in use.
func eachKernel(do func(name string) error) error {
	old := kernel.Name()
	names := kernel.Available()
	slices.Reverse(names)
	for _, name := range names {
		if only != "" && name != only {
			continue
		}
		if err := kernel.Select(name); err != nil {
			return err
		}
		if err := do(name); err != nil {
			return err
		}
	}
	return kernel.Select(old)
}
