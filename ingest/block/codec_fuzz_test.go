package block

import (
	"bytes"
	"math"
	"testing"
)

// FuzzDecode: whatever arrives is refused with a kind, or is a block that can be written and read again.
func FuzzDecode(f *testing.F) {
	for _, st := range []SampleType{I16, I24, I32, F32, F64} {
		p, err := Append(nil, sample(), st)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
		f.Add(p[:len(p)-1])
	}
	mark, err := Append(nil, &Block{Run: 1, RateHz: 1, Channels: 1, Flags: PartEnd}, F32)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(mark)
	f.Add([]byte("CRKB"))
	f.Fuzz(func(t *testing.T, p []byte) {
		var b, c Block
		if err := Decode(&b, p); err != nil {
			if KindOf(err) == KindOther {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		if len(b.Samples) != b.Channels*b.Count() || b.Channels < 1 || !(b.RateHz > 0) || b.End() < b.First {
			t.Fatalf("accepted a block that contradicts itself: %+v", b)
		}
		q, err := Append(nil, &b, F64)
		if KindOf(err) == KindSize {
			return // eight bytes a sample may not fit where two did
		}
		if err != nil {
			t.Fatalf("cannot write what was read: %v", err)
		}
		if err := Decode(&c, q); err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
		for i := range b.Samples {
			if x, y := b.Samples[i], c.Samples[i]; math.Float32bits(x) != math.Float32bits(y) && !(x != x && y != y) {
				t.Fatalf("sample %d: %v became %v", i, x, y)
			}
		}
	})
}

// FuzzAppend: whatever block is written comes back the same.
func FuzzAppend(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3), int64(4), 1000.0, uint16(1), 2, "P", "L", []byte{0, 0, 128, 63, 0, 0, 0, 192}, 1.0)
	f.Add(uint64(0), uint64(0), uint64(math.MaxUint64), int64(-1), math.NaN(), uint16(0xffff), 0, "\x00", "\xff", []byte{1}, 0.0)
	f.Fuzz(func(t *testing.T, run, seq, first uint64, ns int64, rate float64, flags uint16, channels int, part, lot string, raw []byte, scale float64) {
		b := Block{Run: run, Seq: seq, First: first, TimeNS: ns, RateHz: rate, Flags: Flags(flags), Channels: channels, Part: part, Lot: lot,
			Samples: readSamples(make([]float32, len(raw)/4), raw, F32, 1)}
		for _, st := range []SampleType{I16, I24, I32, F32, F64} {
			p, err := AppendScaled(nil, &b, st, scale)
			if err != nil {
				if KindOf(err) == KindOther || len(p) != 0 {
					t.Fatalf("refused with %v and %d bytes", err, len(p))
				}
				continue
			}
			var c Block
			if err := Decode(&c, p); err != nil {
				t.Fatalf("%v: cannot read what was written: %v", st, err)
			}
			q, err := AppendScaled(nil, &c, F64, 1)
			if err == nil {
				var d Block
				if err := Decode(&d, q); err != nil || d.Run != run || d.First != first || d.Part != part || d.Count() != b.Count() {
					t.Fatalf("%v: %+v came back as %+v (%v)", st, b, d, err)
				}
			}
			if again, err := Append(nil, &b, st); err == nil && len(again) != len(p) {
				t.Fatalf("%v: two lengths for one block", st)
			}
			if st == F32 && scale == 1 && !bytes.Equal(p[HeaderSize:HeaderSize+4*len(b.Samples)], raw[:4*len(b.Samples)]) {
				t.Fatal("f32 samples changed on the wire")
			}
		}
	})
}
