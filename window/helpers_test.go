package window_test

import (
	"math"
	"math/rand/v2"

	"crackle/ingest/block"
	"crackle/window"
	"crackle/window/filter"
)

// periodNS is the sampling period in the tests: a whole number, so that cut blocks carry exact times.
const periodNS = 5000

func testConfig() window.Config {
	return window.Config{
		Channels: []string{"mbn", "drive"}, RateHz: 1e9 / periodNS,
		Filter: &filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 2, EdgesHz: []float64{20e3, 60e3}},
		Length: 64, Hop: 32, MaxBridge: 4, Saturation: []float64{10, 0}, ResetAtPart: true,
		Features: []string{"rms", "mbn.kurtosis", "mbn.log_band_power(20000,60000)", "spectral_centroid"},
	}
}

func noise(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// blocks cuts rows of one run into blocks at the given row numbers, which must rise.
func blocks(rows []float32, channels int, cuts ...int) []*block.Block {
	var out []*block.Block
	at := 0
	for _, to := range append(cuts, len(rows)/channels) {
		if to > at {
			out = append(out, &block.Block{Run: 7, Seq: uint64(len(out)), First: uint64(at), TimeNS: int64(at) * periodNS,
				RateHz: 1e9 / periodNS, Channels: channels, Samples: rows[at*channels : to*channels]})
			at = to
		}
	}
	return out
}

// collect runs blocks through a new conditioner and copies what it emits.
func collect(cfg window.Config, bs []*block.Block) ([]window.Window, window.Counts, error) {
	c, err := window.New(cfg)
	if err != nil {
		return nil, window.Counts{}, err
	}
	var out []window.Window
	emit := func(w *window.Window) {
		v := *w
		v.Features = append([]float32(nil), w.Features...)
		out = append(out, v)
	}
	for _, b := range bs {
		if err := c.Push(b, emit); err != nil {
			return out, c.Counts(), err
		}
	}
	c.End(emit)
	return out, c.Counts(), nil
}

func nan() float32 { return float32(math.NaN()) }
