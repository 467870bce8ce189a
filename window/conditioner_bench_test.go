package window_test

import (
	"fmt"
	"runtime"
	"testing"

	"crackle/ingest/block"
	"crackle/window"
	"crackle/window/filter"
	"crackle/window/kernel"
)

// labStack is the work of a laboratory's Python script: a band-pass of order 4, windows of 1,024, and its 16 features.
func labStack() window.Config {
	cfg := window.Config{Channels: []string{"mbn"}, RateHz: 1e6, Length: 1024, Hop: 1024, Taper: "none",
		Filter:   &filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{25e3, 100e3}},
		Features: []string{"mean", "std", "skewness", "kurtosis", "rms", "peak", "crest", "zero_crossings"}}
	for i := range 8 {
		cfg.Features = append(cfg.Features, fmt.Sprintf("band_power(%g,%g)", float64(i)*62.5e3, float64(i+1)*62.5e3))
	}
	return cfg
}

// barkhausen is the Barkhausen feature set on windows of 1,024 with hop 512.
func barkhausen() window.Config {
	cfg := labStack()
	cfg.Hop, cfg.Taper = 512, "hann"
	cfg.Features = []string{"log_rms", "energy", "kurtosis", "crest", "rms_denoised(0.01)", "envelope_peaks(0.00005)", "envelope_width(0.00005,0.5)",
		"pulse_count(2)", "avalanches(2)", "half_asymmetry", "cycle_variation(4)", "lift_off(25000,50000,60000,100000,0.01)",
		"log_band_power(25000,50000)", "log_band_power(50000,75000)", "log_band_power(75000,100000)", "spectral_centroid"}
	return cfg
}

// BenchmarkStream prints samples per second of one core's own time, and how many times as fast as a stream of 1 MHz that is.
func BenchmarkStream(b *testing.B) {
	for _, tt := range []struct {
		name string
		cfg  window.Config
	}{{"lab_stack", labStack()}, {"barkhausen", barkhausen()}} {
		for _, name := range kernel.Available() {
			b.Run(tt.name+"/"+name, func(b *testing.B) {
				before := kernel.Name()
				if err := kernel.Select(name); err != nil {
					b.Fatal(err)
				}
				defer kernel.Select(before)
				c, err := window.New(tt.cfg)
				if err != nil {
					b.Fatal(err)
				}
				blk := &block.Block{Run: 1, RateHz: 1e6, Channels: 1, Samples: noise(1, 1<<14)}
				windows := 0
				emit := func(*window.Window) { windows++ }
				push := func() {
					if err := c.Push(blk, emit); err != nil {
						b.Fatal(err)
					}
					blk.First += uint64(len(blk.Samples))
				}
				push()
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				start, rounds := threadTime(), 0
				for b.Loop() {
					push()
					rounds++
				}
				perSecond := float64(rounds*len(blk.Samples)) / (float64(threadTime()-start) / 1e9)
				b.ReportMetric(perSecond/1e6, "Msamples/s")
				b.ReportMetric(perSecond/1e6, "×real_time_at_1MHz")
				if windows == 0 {
					b.Fatal("no windows")
				}
			})
		}
	}
}
