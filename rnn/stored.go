package rnn

import (
	"fmt"
	"math"

	"crackle/rnn/kernel"
)

// Storage is how a packed network keeps the weights of its recurrent layers.
type Storage string

const (
	StoreFloat32 Storage = "float32"
	StoreBF16    Storage = "bf16" // 8 bits of significand
	StoreInt8    Storage = "int8" // whole numbers times a power of two per gate row; a step rounds its values to 16 bits
)

// StorageLoss is what a smaller storage costs in accuracy, measured against float32 on a fixed sequence of noise.
type StorageLoss struct {
	Storage   Storage
	Bytes     int     // of the recurrent weights
	WeightRMS float64 // of the rounding errors, relative to the weights' own RMS
	OutputMax float64 // largest difference of an output over 256 rows of unit noise
	OutputRMS float64
}

// String is one line for the log.
func (l StorageLoss) String() string {
	return fmt.Sprintf("weights stored as %s: %d bytes, rounding %.2g of the weights, outputs differ by %.2g at most and %.2g rms", l.Storage, l.Bytes, l.WeightRMS, l.OutputMax, l.OutputRMS)
}

// NewStored is New with the weights of the recurrent layers kept in fewer bits, which makes Step of a large network faster: from 64 hidden
// units on it waits for the weights. The loss is measured and returned. Step, StepBatch and Forward agree to the bit as ever.
func NewStored(w *Weights, storage Storage) (*Network, StorageLoss, error) {
	store, ok := map[Storage]kernel.Store{StoreFloat32: kernel.Float32, StoreBF16: kernel.BF16, StoreInt8: kernel.Int8}[storage]
	if !ok {
		return nil, StorageLoss{}, fmt.Errorf("storage is %q, must be %q, %q or %q", storage, StoreFloat32, StoreBF16, StoreInt8)
	}
	n, err := pack(w, store)
	if err != nil {
		return nil, StorageLoss{}, err
	}
	exact, err := New(w)
	if err != nil {
		return nil, StorageLoss{}, err
	}
	loss := StorageLoss{Storage: storage}
	var square, wrong float64
	for i, l := range w.Layers {
		count := len(l.WeightIH) + len(l.WeightHH)
		loss.Bytes += count * map[Storage]int{StoreFloat32: 4, StoreBF16: 2, StoreInt8: 1}[storage]
		s, e := n.layers[i].RoundingError(l.WeightIH, l.WeightHH)
		square, wrong = square+s, wrong+e
	}
	if square > 0 {
		loss.WeightRMS = math.Sqrt(wrong / square)
	}
	loss.OutputMax, loss.OutputRMS, err = compare(exact, n)
	return n, loss, err
}

// compare runs both networks over the same noise and gives the largest and the RMS difference of their outputs.
func compare(a, b *Network) (top, rms float64, err error) {
	const steps = 256
	c := a.config
	x, seed := make([]float32, steps*c.Input), uint32(1)
	for i := range x {
		var sum float64 // of twelve uniform numbers: about normal
		for range 12 {
			seed = seed*1664525 + 1013904223
			sum += float64(seed) / (1 << 32)
		}
		x[i] = float32(sum - 6)
	}
	p, q := make([]float32, steps*a.width), make([]float32, steps*a.width)
	if err := a.Forward(p, x, a.NewState()); err != nil {
		return 0, 0, err
	}
	if err := b.Forward(q, x, b.NewState()); err != nil {
		return 0, 0, err
	}
	for i, v := range p {
		d := math.Abs(float64(v) - float64(q[i]))
		top, rms = max(top, d), rms+d*d
	}
	return top, math.Sqrt(rms / float64(len(p))), nil
}
