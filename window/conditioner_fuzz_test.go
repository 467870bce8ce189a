package window_test

import (
	"encoding/binary"
	"math"
	"testing"

	"crackle/ingest/block"
	"crackle/window"
)

// FuzzPush feeds blocks of any shape: sizes, indexes, runs, parts, flags and sample bits come from the input. Whatever comes, nothing
// panics, every feature is finite, windows lie in order, and every row is accounted for.
func FuzzPush(f *testing.F) {
	f.Add([]byte{0, 4, 0, 0, 1, 2, 3, 4}, uint8(0))
	f.Add([]byte{255, 255, 3, 7, 0, 0, 192, 127, 0, 0, 128, 255, 9, 9}, uint8(1))
	f.Add([]byte{1, 200, 1, 1, 1, 0, 0, 0, 1, 200, 2, 2}, uint8(2))
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8) {
		cfg := window.Config{Channels: []string{"a", "b"}, RateHz: 1e4, Length: 16, Hop: 5, MaxBridge: 3, Saturation: []float64{100, 0}, ResetAtPart: kind&1 != 0,
			Features: []string{"rms", "kurtosis", "slope", "envelope_mean", "spectral_centroid", "a.hits(1,0.0001,0.0002,0.0001)", "valid_share"}}
		if kind&2 != 0 {
			cfg.Filter = bandPass(1e3, 3e3)
		}
		if kind&4 != 0 {
			cfg.Bad = window.BadMask
		}
		switch kind >> 3 & 3 {
		case 1:
			cfg.Event = &window.Event{Channel: "a", Threshold: 0.5, PreTrigger: 4, DeadTime: 7}
		case 2:
			cfg.Cycle = &window.Cycle{Channel: "b", NominalHz: 1000, Tolerance: 0.5, Half: kind&32 != 0, Average: int(kind >> 6)}
		}
		c, err := window.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		last := uint64(0)
		run := uint64(0)
		emit := func(w *window.Window) {
			if w.Run != run {
				run, last = w.Run, 0
			}
			if w.First > w.End || w.First < last && !w.PartEnd || w.PartEnd != (len(w.Features) == 0) {
				t.Fatalf("window %d..%d after %d, part end %v, %d features", w.First, w.End, last, w.PartEnd, len(w.Features))
			}
			if !w.PartEnd {
				last = w.First
			}
			for i, v := range w.Features {
				if v-v != 0 {
					t.Fatalf("%s is %g", c.Features().Names()[i], v)
				}
			}
		}
		pushed := uint64(0)
		index := uint64(0)
		for len(raw) >= 4 {
			step, n, flags, part := raw[0], int(raw[1])%64, raw[2], raw[3]
			raw = raw[4:]
			// Steps of 0 to 15 go back, 16 goes on, larger ones skip; the largest by far.
			first := index + uint64(step) - min(16, index)
			if step == 255 {
				first = index + 1<<40
			}
			if step == 254 {
				first = math.MaxUint64 >> (part & 7)
			}
			b := &block.Block{Run: uint64(part >> 6), First: first, TimeNS: int64(step), RateHz: 1e4, Flags: block.Flags(flags & 31), Channels: 2, Part: []string{"", "p", "q"}[part%3]}
			for i := range 2 * n {
				v := float32(math.Sin(float64(i) * 0.6))
				if i%7 == 3 && len(raw) >= 4 {
					v = math.Float32frombits(binary.LittleEndian.Uint32(raw))
					raw = raw[1:]
				}
				b.Samples = append(b.Samples, v)
			}
			if err := c.Push(b, emit); err != nil {
				if b.First < 1<<62 {
					t.Fatal(err)
				}
				continue
			}
			pushed += uint64(n)
			index = b.End()
		}
		c.End(emit)
		if n := c.Counts(); n.Received+n.Duplicate+n.Late != pushed {
			t.Fatalf("%d rows were pushed, %+v", pushed, n)
		}
	})
}
