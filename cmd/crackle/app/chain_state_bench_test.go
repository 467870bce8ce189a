package app_test

import (
	"testing"

	"crackle/cmd/crackle/app"
	"crackle/detector"
)

// BenchmarkChainState is what a checkpoint costs a stream's goroutine: its whole state copied between two blocks.
func BenchmarkChainState(b *testing.B) {
	cfg := parse(b, b.TempDir(), join(base, noiseStream("mbn", "core")))
	s := cfg.Streams["mbn"]
	signals := noise(b, 0.2, 0.1)
	c, err := app.NewChain(&s, func(*detector.Score) {})
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Install(teach(b, &s, signals...)); err != nil {
		b.Fatal(err)
	}
	for _, piece := range cut(signals[1], func() int { return 1000 })[:10] {
		if err := c.Push(piece); err != nil {
			b.Fatal(err)
		}
	}
	var state []byte
	for b.Loop() {
		state = c.AppendState(state[:0])
	}
	b.SetBytes(int64(len(state)))
}
