package rate_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"crackle/ingest/block"
	"crackle/window/rate"
)

// decimate runs blocks through a new decimator and copies what it emits.
func decimate(t interface{ Fatal(...any) }, factor, channels int, in []*block.Block) []block.Block {
	d, err := rate.NewDecimator(rate.DecimatorConfig{Factor: factor, Channels: channels})
	if err != nil {
		t.Fatal(err)
	}
	var out []block.Block
	emit := func(b *block.Block) {
		c := *b
		c.Samples = slices.Clone(b.Samples)
		out = append(out, c)
	}
	for _, b := range in {
		if err := d.Push(b, emit); err != nil {
			t.Fatal(err)
		}
	}
	d.Flush(emit)
	return out
}

// join lays the blocks' samples end to end, and checks that their indexes do, too.
func join(t interface{ Fatalf(string, ...any) }, bs []block.Block) (first uint64, samples []float32) {
	for i, b := range bs {
		if i == 0 {
			first = b.First
		}
		if n := first + uint64(len(samples)/max(b.Channels, 1)); b.Count() > 0 && b.First != n {
			t.Fatalf("block %d begins at %d, want %d", i, b.First, n)
		}
		samples = append(samples, b.Samples...)
	}
	return first, samples
}

// A slow wave comes out at its own index and time, however the stream is cut and wherever it begins.
func TestDecimatorKeepsIndexAndTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factor, n := rapid.IntRange(2, 9).Draw(t, "factor"), rapid.IntRange(1, 900).Draw(t, "rows")
		start := rapid.Uint64Range(0, 50).Draw(t, "first")
		wave := func(i float64) float64 { return math.Cos(2 * math.Pi * i / (10 * float64(factor))) }
		rows := make([]float32, n)
		for i := range rows {
			rows[i] = float32(wave(float64(start) + float64(i)))
		}
		var cut []*block.Block
		for at := 0; at < n; {
			m := rapid.IntRange(1, n-at).Draw(t, "cut")
			cut = append(cut, &block.Block{Run: 1, First: start + uint64(at), TimeNS: 1000 * (int64(start) + int64(at)), RateHz: 1e6, Channels: 1, Samples: rows[at : at+m]})
			at += m
		}
		whole := decimate(t, factor, 1, []*block.Block{{Run: 1, First: start, TimeNS: 1000 * int64(start), RateHz: 1e6, Channels: 1, Samples: rows}})
		parts := decimate(t, factor, 1, cut)
		first, samples := join(t, parts)
		first0, samples0 := join(t, whole)
		if first != first0 || !slices.Equal(samples, samples0) {
			t.Fatal("the result depends on the cut")
		}
		end := (start + uint64(n) + uint64(factor) - 1) / uint64(factor)
		want := (start + uint64(factor) - 1) / uint64(factor)
		if uint64(len(samples)) != end-want || len(samples) > 0 && first != want {
			t.Fatalf("rows %d to %d, want %d to %d", first, first+uint64(len(samples)), want, end)
		}
		for i, v := range samples {
			at := float64((first + uint64(i)) * uint64(factor))
			edge := 60 * float64(factor)
			if at > float64(start)+edge && at < float64(start)+float64(n)-edge && math.Abs(float64(v)-wave(at)) > 1e-3 {
				t.Fatalf("row %d is %g, want %g", first+uint64(i), v, wave(at))
			}
		}
		for _, b := range parts {
			if want := int64(b.First) * int64(factor) * 1000; b.Count() > 0 && b.TimeNS != want || b.RateHz != 1e6/float64(factor) {
				t.Fatalf("block at %d has time %d and rate %g, want time %d", b.First, b.TimeNS, b.RateHz, want)
			}
		}
	})
}

func TestDecimatorPartsAndGaps(t *testing.T) {
	blk := func(first, n int, part string, flags block.Flags) *block.Block {
		b := &block.Block{Run: 1, First: uint64(first), RateHz: 1000, Channels: 1, Part: part, Flags: flags}
		for range n {
			b.Samples = append(b.Samples, float32(len(part)))
		}
		return b
	}
	out := decimate(t, 4, 1, []*block.Block{
		blk(0, 0, "A", block.PartBegin), blk(0, 100, "A", 0), blk(100, 0, "A", block.PartEnd),
		blk(100, 40, "BB", block.PartBegin|block.PartEnd), blk(201, 50, "CCC", 0), blk(401, 10, "CCC", 0),
	})
	var got []string
	for _, b := range out {
		s := b.Part
		if b.Flags&block.PartBegin != 0 {
			s += " begin"
		}
		if b.Flags&block.PartEnd != 0 {
			s += " end"
		}
		for i, v := range b.Samples {
			if math.Abs(float64(v)-float64(len(b.Part))) > 1e-5 {
				t.Errorf("part %s: row %d is %g: it took from another part", b.Part, i, v)
			}
		}
		got = append(got, s+" "+itoa(b.First)+".."+itoa(b.End()))
	}
	// A constant needs no row waited for to be known, but the decimator waits all the same: what is last in each stretch comes by itself.
	var spans []string
	for _, s := range got {
		if len(spans) > 0 && sameStretch(spans[len(spans)-1], s) {
			spans[len(spans)-1] = merge(spans[len(spans)-1], s)
			continue
		}
		spans = append(spans, s)
	}
	want := []string{"A begin 0..0", "A 0..25", "A end 25..25", "BB begin 25..35", "BB end 35..35", "CCC 51..63", "CCC 101..103"}
	if d := cmp.Diff(want, spans); d != "" {
		t.Error(d)
	}
}

func TestDecimatorErrors(t *testing.T) {
	for _, cfg := range []rate.DecimatorConfig{{Factor: 1, Channels: 1}, {Factor: 2}, {Factor: 5000, Channels: 1}} {
		if _, err := rate.NewDecimator(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	d, err := rate.NewDecimator(rate.DecimatorConfig{Factor: 2, Channels: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Push(&block.Block{Channels: 1, Samples: make([]float32, 3)}, func(*block.Block) {}); err == nil {
		t.Error("a block of one channel was accepted by two")
	}
}

func TestDecimatorAllocatesNothing(t *testing.T) {
	d, err := rate.NewDecimator(rate.DecimatorConfig{Factor: 4, Channels: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := &block.Block{Run: 1, RateHz: 1e6, Channels: 2, Samples: make([]float32, 2048)}
	push := func() {
		if err := d.Push(b, func(*block.Block) {}); err != nil {
			t.Fatal(err)
		}
		b.First += 1024
	}
	push()
	if n := testing.AllocsPerRun(20, push); n != 0 {
		t.Errorf("%g allocations a block, want 0", n)
	}
}

// A decimator that takes up the state of another gives the blocks that the other would have given; a damaged state is refused or harmless.
func TestDecimatorStateSavedAndRestored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factor, channels := rapid.IntRange(2, 9).Draw(t, "factor"), rapid.IntRange(1, 3).Draw(t, "channels")
		var in []*block.Block
		at := rapid.Uint64Range(0, 50).Draw(t, "first")
		for i := range rapid.IntRange(1, 12).Draw(t, "blocks") {
			b := &block.Block{Run: 1, Seq: uint64(i), First: at, TimeNS: 1000 * int64(at), RateHz: 1e6, Channels: channels, Part: "p" + itoa(uint64(i/4)), Lot: "l"}
			for k := range rapid.IntRange(0, 90).Draw(t, "rows") * channels {
				b.Samples = append(b.Samples, float32(k%7)+float32(i))
			}
			if rapid.IntRange(0, 5).Draw(t, "mark") == 0 {
				b.Flags = block.PartBegin
			}
			if at = b.End(); rapid.IntRange(0, 5).Draw(t, "gap") == 0 {
				at += 13
			}
			in = append(in, b)
		}
		want := decimate(t, factor, channels, in)
		fresh := func() *rate.Decimator {
			d, err := rate.NewDecimator(rate.DecimatorConfig{Factor: factor, Channels: channels})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := fresh()
		var got []block.Block
		emit := func(b *block.Block) {
			c := *b
			c.Samples = slices.Clone(b.Samples)
			got = append(got, c)
		}
		restart := rapid.IntRange(0, len(in)-1).Draw(t, "restart")
		var saved []byte
		for i, b := range in {
			if i == restart {
				saved = d.AppendState(nil)
				d = fresh()
				if err := d.RestoreState(saved); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Push(b, emit); err != nil {
				t.Fatal(err)
			}
		}
		d.Flush(emit)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("blocks differ after a restart:\n%s", diff)
		}
		damaged := slices.Clone(saved)
		damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		damaged = damaged[:len(damaged)-rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(t, "cut")]
		d = fresh()
		if d.RestoreState(damaged) == nil {
			for _, b := range in {
				if err := d.Push(b, func(*block.Block) {}); err != nil {
					t.Fatal(err)
				}
			}
			d.Flush(func(*block.Block) {})
		}
	})
}
