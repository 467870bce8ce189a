package app_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
)

// A decimated stream gives the same scores for any cut into blocks, in the publisher's own sample indices.
func TestDecimatedChain(t *testing.T) {
	t.Parallel()
	s := config.DefaultStream("s")
	s.Channels, s.RateHz, s.Decimate, s.Features.List = []string{"a"}, 1000, 5, []string{"rms", "mean"}
	s.Window.Length, s.Window.Hop = 20, 10
	s.Network.WarmupWindows, s.Network.Epochs = 2, 5
	signal := make([]float32, 6000)
	for i := range signal {
		signal[i] = float32(math.Sin(2*math.Pi*float64(i)/70) + math.Sin(2*math.Pi*float64(i)/2.5)) // 14 Hz, and 400 Hz that must go
	}
	whole := &block.Block{Run: 1, RateHz: 1000, Channels: 1, Part: "p", Flags: block.PartBegin | block.PartEnd, Samples: signal}
	m := teach(t, &s, whole)
	score := func(cuts []int) (out []detector.Score) {
		c, err := app.NewChain(&s, func(v *detector.Score) { out = append(out, *v) })
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Install(m); err != nil {
			t.Fatal(err)
		}
		from := 0
		for _, to := range append(cuts, len(signal)) {
			b := *whole
			b.First, b.Samples, b.Flags = uint64(from), signal[from:to], 0
			if from == 0 {
				b.Flags |= block.PartBegin
			}
			if to == len(signal) {
				b.Flags |= block.PartEnd
			}
			if err := c.Push(&b); err != nil {
				t.Fatal(err)
			}
			from = to
		}
		c.End()
		return out
	}
	want := score(nil)
	if len(want) < 100 || want[1].First != 50 || want[1].End != 150 {
		t.Fatalf("%d scores, the second over samples %d to %d; want about 118, and 50 to 150", len(want), want[1].First, want[1].End)
	}
	if rms := want[50].Top[0].Got; want[50].Top[0].Name == "a.rms" && math.Abs(rms-1/math.Sqrt2) > 0.1 {
		t.Errorf("rms %v, want that of the slow tone alone", rms)
	}
	rapid.Check(t, func(t *rapid.T) {
		var cuts []int
		for at := 0; at < len(signal); {
			at += rapid.IntRange(1, 1500).Draw(t, "rows")
			if at < len(signal) {
				cuts = append(cuts, at)
			}
		}
		got := score(cuts)
		if len(got) != len(want) {
			t.Fatalf("%d scores, want %d", len(got), len(want))
		}
		for i := range got {
			if math.Float64bits(got[i].Value) != math.Float64bits(want[i].Value) || got[i].First != want[i].First || got[i].Verdict != want[i].Verdict {
				t.Fatalf("score %d: %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}
