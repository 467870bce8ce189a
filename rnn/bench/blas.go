package main

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"crackle/rnn"
	"crackle/rnn/kernel"
)

// benchBLAS holds the generic kernel, which any machine can run, against a GRU step on gonum's float32 BLAS, whose inner loops are assembly.
func benchBLAS(*reference) error {
	fmt.Println("\nStep of the generic kernel, GRU, input 16, with a head of 1: ns (ratio to the same on gonum's blas32)")
	old := kernel.Name()
	if err := kernel.Select("generic"); err != nil {
		return err
	}
	for _, hidden := range []int{8, 16, 32, 64, 128} {
		w, err := weights(rnn.GRU, 16, hidden)
		if err != nil {
			return err
		}
		n, err := rnn.New(w)
		if err != nil {
			return err
		}
		ns, err := timeStep(n)
		if err != nil {
			return err
		}
		ref := timeBLAS(w)
		fmt.Printf("  hidden %3d  %9.1f  blas32 %9.1f  %s\n", hidden, ns, ref, ratio(ns, ref))
	}
	return kernel.Select(old)
}

// timeBLAS is the time in ns of a GRU step made of two matrix-vector products, with our activations.
func timeBLAS(w *rnn.Weights) float64 {
	c, l := w.Config, w.Layers[0]
	h, a, b := make([]float32, c.Hidden), make([]float32, 3*c.Hidden), make([]float32, 3*c.Hidden)
	general := func(rows, cols int, data []float32) blas32.General {
		return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data}
	}
	vector := func(v []float32) blas32.Vector { return blas32.Vector{N: len(v), Inc: 1, Data: v} }
	ih, hh, x := general(3*c.Hidden, c.Input, l.WeightIH), general(3*c.Hidden, c.Hidden, l.WeightHH), noise(1024*c.Input)
	var y float32
	return median(func(k int) {
		for i := range k {
			at := i & 1023 * c.Input
			copy(a, l.BiasIH)
			copy(b, l.BiasHH)
			blas32.Gemv(blas.NoTrans, 1, ih, vector(x[at:at+c.Input]), 1, vector(a))
			blas32.Gemv(blas.NoTrans, 1, hh, vector(h), 1, vector(b))
			for u := range h {
				r, z := kernel.Sigmoid(a[u]+b[u]), kernel.Sigmoid(a[c.Hidden+u]+b[c.Hidden+u])
				n := kernel.Tanh(a[2*c.Hidden+u] + r*b[2*c.Hidden+u])
				h[u] = n + z*(h[u]-n)
			}
			y += blas32.Dot(vector(h), vector(h)) // the head
		}
	})
}
