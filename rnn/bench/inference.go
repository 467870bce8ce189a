package main

import (
	"fmt"

	"crackle/rnn"
)

func ratio(ours, ref float64) string {
	if ref == 0 {
		return "      -"
	}
	return fmt.Sprintf("%6.2fx", ours/ref)
}

// benchStep is one step of one channel with a dense head of 1.
func benchStep(ref *reference) error {
	fmt.Println("\nStep, input 16, with a head of 1: ns (ratio to the C reference)")
	return eachKernel(func(name string) error {
		for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM, rnn.ElmanTanh} {
			for _, hidden := range []int{8, 16, 32, 64, 128} {
				n, err := network(cell, 16, hidden)
				if err != nil {
					return err
				}
				ns, err := timeStep(n)
				if err != nil {
					return err
				}
				c, err := ref.step(hidden)
				if err != nil {
					return err
				}
				fmt.Printf("  %-8s %-6s hidden %3d  %9.1f  C %8.1f  %s\n", name, cell, hidden, ns, c, ratio(ns, c))
			}
		}
		return nil
	})
}

// benchBatch is one step of 256 channels.
func benchBatch(ref *reference) error {
	fmt.Println("\nStepBatch, 256 channels, input 16, with a head of 1: ns per channel-step (share of the FMA peak; ratio to the C reference)")
	wide, narrow, err := ref.peak()
	if err != nil {
		return err
	}
	return eachKernel(func(name string) error {
		peak := wide
		if name == "avx2" {
			peak = narrow
		}
		for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM} {
			for _, hidden := range []int{32, 64, 128} {
				ns, err := timeBatch(cell, hidden, 256)
				if err != nil {
					return err
				}
				c, err := ref.batch(hidden)
				if err != nil {
					return err
				}
				share := "-"
				if peak > 0 && name != "generic" {
					flop := 2 * float64(cell.Gates()*hidden*(hidden+16))
					share = fmt.Sprintf("%.0f %% of %.0f GFLOP/s", 100*flop/ns/peak, peak)
				}
				fmt.Printf("  %-8s %-6s hidden %3d  %9.1f  %s  C %7.1f  %s\n", name, cell, hidden, ns, share, c, ratio(ns, c))
			}
		}
		return nil
	})
}

// timeBatch is the time of a channel-step in ns.
func timeBatch(cell rnn.Cell, hidden, channels int) (float64, error) {
	n, err := network(cell, 16, hidden)
	if err != nil {
		return 0, err
	}
	b, err := n.NewBatch(channels)
	if err != nil {
		return 0, err
	}
	x, y := noise(channels*16), make([]float32, channels)
	ns := median(func(k int) {
		for range k {
			if e := n.StepBatch(y, x, nil, b); e != nil {
				err = e
			}
		}
	})
	return ns / float64(channels), err
}

// benchScale is the cost per channel-step over the number of channels.
func benchScale(*reference) error {
	fmt.Println("\nStepBatch, hidden 32, input 16: ns per channel-step over the number of channels")
	for _, channels := range []int{64, 256, 1024, 4096, 10000} {
		ns, err := timeBatch(rnn.GRU, 32, channels)
		if err != nil {
			return err
		}
		fmt.Printf("  %6d channels  %7.1f\n", channels, ns)
	}
	return nil
}

// benchQuantised is benchStep with weights in fewer bits; ratios are to the float32 C reference.
func benchQuantised(ref *reference) error {
	fmt.Println("\nStep with smaller weights, GRU, input 16, with a head of 1: ns (ratio to the float32 C reference)")
	return eachKernel(func(name string) error {
		for _, storage := range []rnn.Storage{rnn.StoreBF16, rnn.StoreInt8} {
			for _, hidden := range []int{32, 64, 128} {
				w, err := weights(rnn.GRU, 16, hidden)
				if err != nil {
					return err
				}
				n, loss, err := rnn.NewStored(w, storage)
				if err != nil {
					return err
				}
				ns, err := timeStep(n)
				if err != nil {
					return err
				}
				c, err := ref.step(hidden)
				if err != nil {
					return err
				}
				fmt.Printf("  %-8s %-6s hidden %3d  %9.1f  C %8.1f  %s  outputs differ by %.1e at most\n", name, storage, hidden, ns, c, ratio(ns, c), loss.OutputMax)
			}
		}
		return nil
	})
}

// timeStep is the time of one Step in ns.
func timeStep(n *rnn.Network) (float64, error) {
	s, x, y := n.NewState(), noise(1024*16), make([]float32, 1)
	var err error
	ns := median(func(k int) {
		for i := range k {
			at := i & 1023 * 16
			if e := n.Step(y, x[at:at+16], s); e != nil {
				err = e
			}
		}
	})
	return ns, err
}
