package block

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func sample() *Block {
	return &Block{Run: 0x1122334455667788, Seq: 7, First: 4096, TimeNS: 1_700_000_000_000_000_001, RateHz: 200e3, Flags: PartBegin | Simulated,
		Channels: 2, Part: "P-7", Lot: "Löt", Samples: []float32{1, -2, 0.5, 4, 0, -0.25}}
}

// The bytes are spelled out so that a publisher in another language can be checked against them.
func TestAppendBytes(t *testing.T) {
	got, err := Append(nil, sample(), F32)
	if err != nil {
		t.Fatal(err)
	}
	want := "43524b42" + "01" + "04" + "0200" + "03000000" + "0500" + "03" + "04" +
		"8877665544332211" + "0700000000000000" + "0010000000000000" + "01002a36fe9c9717" + "00000000006a0841" + "000000000000f03f" +
		"0000803f" + "000000c0" + "0000003f" + "00008040" + "00000000" + "000080be" + "502d37" + "4cc3b674"
	if h := hex.EncodeToString(got); h != want {
		t.Errorf("wire bytes\n got %s\nwant %s", h, want)
	}
}

func TestRoundTripEveryType(t *testing.T) {
	for _, st := range []SampleType{I16, I24, I32, F32, F64} {
		b := sample()
		p, err := Append([]byte("kept"), b, st)
		if err != nil {
			t.Fatalf("%v: %v", st, err)
		}
		if string(p[:4]) != "kept" {
			t.Fatalf("%v: Append overwrote what was there", st)
		}
		var got Block
		if err := Decode(&got, p[4:]); err != nil {
			t.Fatalf("%v: %v", st, err)
		}
		step := 0.0
		if l := st.limit(); l > 0 {
			step = 4 / l
		}
		for i, v := range b.Samples {
			if d := math.Abs(float64(got.Samples[i] - v)); d > step/2+1e-7*math.Abs(float64(v)) {
				t.Errorf("%v: sample %d is %v, want %v within half a step of %v", st, i, got.Samples[i], v, step)
			}
		}
		got.Samples = b.Samples
		if d := cmp.Diff(*b, got); d != "" {
			t.Errorf("%v: %s", st, d)
		}
	}
}

// Counts of a converter times its step survive exactly, at both ends of the range too.
func TestConverterCountsAreExact(t *testing.T) {
	const step = 0x1p-18 // V; a power of two, so that count * step is exact in float32
	for _, c := range []struct {
		t      SampleType
		lo, hi int64
	}{{I16, math.MinInt16, math.MaxInt16}, {I24, -1 << 23, 1<<23 - 1}} {
		b := &Block{Run: 1, RateHz: 1, Channels: 1, Samples: []float32{float32(c.lo) * step, -step, 0, step, float32(c.hi) * step}}
		p, err := AppendScaled(nil, b, c.t, step)
		if err != nil {
			t.Fatal(err)
		}
		var got Block
		if err := Decode(&got, p); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b.Samples, got.Samples); d != "" {
			t.Errorf("%v: %s", c.t, d)
		}
	}
}

func TestPartMark(t *testing.T) {
	b := &Block{Run: 1, Seq: 3, First: 99, RateHz: 1000, Channels: 3, Flags: PartEnd, Part: "A"}
	p, err := Append(nil, b, I16)
	if err != nil {
		t.Fatal(err)
	}
	got := Block{Samples: make([]float32, 5)}
	if err := Decode(&got, p); err != nil {
		t.Fatal(err)
	}
	if got.Count() != 0 || got.First != 99 || got.End() != 99 || got.Flags != PartEnd || got.Part != "A" {
		t.Errorf("mark came back as %+v", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, err := Append(nil, sample(), F32)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	with := func(f func(p []byte) []byte) []byte { return f(append([]byte(nil), good...)) }
	nan, inf := math.Float64bits(math.NaN()), math.Float64bits(math.Inf(1))
	cases := []struct {
		name string
		p    []byte
		kind Kind
	}{
		{"empty", nil, KindMagic},
		{"three bytes", good[:3], KindMagic},
		{"another magic", with(func(p []byte) []byte { p[0] = 'X'; return p }), KindMagic},
		{"header cut", good[:HeaderSize-1], KindSize},
		{"version 2", with(func(p []byte) []byte { p[4] = 2; return p }), KindVersion},
		{"type 0", with(func(p []byte) []byte { p[5] = 0; return p }), KindType},
		{"type 6", with(func(p []byte) []byte { p[5] = 6; return p }), KindType},
		{"no channel", with(func(p []byte) []byte { le.PutUint16(p[6:], 0); return p }), KindChannels},
		{"65 channels", with(func(p []byte) []byte { le.PutUint16(p[6:], 65); return p }), KindChannels},
		{"count 0 without a mark", with(func(p []byte) []byte { le.PutUint32(p[8:], 0); le.PutUint16(p[12:], 0); return p }), KindCount},
		{"count of 4 billion", with(func(p []byte) []byte { le.PutUint32(p[8:], math.MaxUint32); return p }), KindSize},
		{"count one too many", with(func(p []byte) []byte { le.PutUint32(p[8:], 4); return p }), KindSize},
		{"unknown flag", with(func(p []byte) []byte { le.PutUint16(p[12:], 1<<15); return p }), KindFlags},
		{"part of 129", with(func(p []byte) []byte { p[14] = 129; return p }), KindText},
		{"run 0", with(func(p []byte) []byte { le.PutUint64(p[16:], 0); return p }), KindRun},
		{"index overflow", with(func(p []byte) []byte { le.PutUint64(p[32:], math.MaxUint64-1); return p }), KindIndex},
		{"rate 0", with(func(p []byte) []byte { le.PutUint64(p[48:], 0); return p }), KindRate},
		{"rate negative", with(func(p []byte) []byte { le.PutUint64(p[48:], math.Float64bits(-1)); return p }), KindRate},
		{"rate NaN", with(func(p []byte) []byte { le.PutUint64(p[48:], nan); return p }), KindRate},
		{"rate Inf", with(func(p []byte) []byte { le.PutUint64(p[48:], inf); return p }), KindRate},
		{"scale 0", with(func(p []byte) []byte { le.PutUint64(p[56:], 0); return p }), KindScale},
		{"scale NaN", with(func(p []byte) []byte { le.PutUint64(p[56:], nan); return p }), KindScale},
		{"scale Inf", with(func(p []byte) []byte { le.PutUint64(p[56:], inf); return p }), KindScale},
		{"trailing byte", with(func(p []byte) []byte { return append(p, 0) }), KindSize},
		{"a byte short", good[:len(good)-1], KindSize},
		{"not UTF-8", with(func(p []byte) []byte { p[len(p)-1] = 0xff; return p }), KindText},
		{"control character", with(func(p []byte) []byte { p[len(p)-1] = '\n'; return p }), KindText},
		{"above 512 KiB", make([]byte, MaxPayload+1), KindSize},
	}
	for _, c := range cases {
		dst := Block{Run: 5, Part: "before", Samples: []float32{1}}
		err := Decode(&dst, c.p)
		if err == nil {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		if k := KindOf(err); k != c.kind {
			t.Errorf("%s: kind %v, want %v (%v)", c.name, k, c.kind, err)
		}
		if d := cmp.Diff(Block{Run: 5, Part: "before", Samples: []float32{1}}, dst); d != "" {
			t.Errorf("%s: dst changed: %s", c.name, d)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	cases := []struct {
		name string
		edit func(b *Block)
		t    SampleType
		kind Kind
	}{
		{"uneven samples", func(b *Block) { b.Samples = b.Samples[:5] }, F32, KindCount},
		{"no channel", func(b *Block) { b.Channels = 0 }, F32, KindChannels},
		{"type 0", func(b *Block) {}, 0, KindType},
		{"NaN as integer", func(b *Block) { b.Samples[1] = nan }, I16, KindValue},
		{"Inf as integer", func(b *Block) { b.Samples[1] = inf }, I32, KindValue},
		{"part too long", func(b *Block) { b.Part = strings.Repeat("x", 129) }, F32, KindText},
		{"lot with a tab", func(b *Block) { b.Lot = "a\tb" }, F32, KindText},
		{"run 0", func(b *Block) { b.Run = 0 }, F32, KindRun},
		{"nothing at all", func(b *Block) { b.Samples, b.Flags = nil, 0 }, F32, KindCount},
		{"above 512 KiB", func(b *Block) { b.Samples = make([]float32, MaxPayload/4) }, F32, KindSize},
	}
	for _, c := range cases {
		b := sample()
		c.edit(b)
		dst, err := Append([]byte("kept"), b, c.t)
		if err == nil || KindOf(err) != c.kind {
			t.Errorf("%s: %v, want kind %v", c.name, err, c.kind)
		}
		if string(dst) != "kept" {
			t.Errorf("%s: dst is %q, want it unchanged", c.name, dst)
		}
	}
}

func TestKindOfOthers(t *testing.T) {
	if KindOf(errors.New("x")) != KindOther || KindOf(nil) != KindOther {
		t.Error("an error from elsewhere has a kind of ours")
	}
	for k := range Kinds {
		if Kind(k).String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

func drawBlock(rt *rapid.T) *Block {
	text := rapid.StringMatching(`[ -~äßé部]{0,30}`)
	b := &Block{
		Run: rapid.Uint64Range(1, math.MaxUint64).Draw(rt, "run"), Seq: rapid.Uint64().Draw(rt, "seq"),
		First: rapid.Uint64Range(0, math.MaxUint64-1000).Draw(rt, "first"), TimeNS: rapid.Int64().Draw(rt, "time"),
		RateHz: rapid.Float64Range(1e-6, 1e9).Draw(rt, "rate"), Flags: Flags(rapid.IntRange(0, int(knownFlags)).Draw(rt, "flags")),
		Channels: rapid.IntRange(1, MaxChannels).Draw(rt, "channels"), Part: text.Draw(rt, "part"), Lot: text.Draw(rt, "lot"),
	}
	n := rapid.IntRange(0, 20).Draw(rt, "count")
	if n == 0 {
		b.Flags |= PartBegin
	}
	for range n * b.Channels {
		b.Samples = append(b.Samples, math.Float32frombits(rapid.Uint32().Draw(rt, "bits")))
	}
	return b
}

// Floating samples come back bit by bit, whatever they are.
func TestRoundTripProperty(t *testing.T) {
	var got Block // reused, as the receiver does
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBlock(rt)
		p, err := Append(nil, b, F32)
		if err != nil {
			rt.Fatal(err)
		}
		if err := Decode(&got, p); err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(b, &got, cmp.Comparer(func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }),
			cmp.Transformer("nil", func(s []float32) []float32 { return append([]float32{}, s...) })); d != "" {
			rt.Fatal(d)
		}
	})
}
