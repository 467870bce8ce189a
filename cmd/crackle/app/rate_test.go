package app

import (
	"testing"
	"time"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
)

// A publisher whose clock tells another rate than the configuration is found out by the samples counted.
func TestRateDeviationIsKnown(t *testing.T) {
	s := config.DefaultStream("s")
	st := newStatus(&s)
	s.Channels, s.RateHz, s.Window.Length, s.Features.List = []string{"a"}, 100, 10, []string{"rms"}
	c, err := NewChain(&s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := st.rate(); ok {
		t.Error("a rate is known before the first sample")
	}
	for i := range 30 { // 100 samples in 1.01 s each
		b := block.Block{Run: 1, First: uint64(100 * i), TimeNS: int64(i) * int64(1010*time.Millisecond), RateHz: 100, Channels: 1, Samples: make([]float32, 100)}
		if err := c.Push(&b); err != nil {
			t.Fatal(err)
		}
	}
	deviation, known := c.Conditioner.RateDeviation()
	st.conditioned(3000, c.Conditioner.Counts(), deviation, known)
	if got, ok := st.rate(); !ok || got > -0.0095 || got < -0.0105 {
		t.Errorf("deviation %v, known %v; want about -1 %%", got, ok)
	}
}
