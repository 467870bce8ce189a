package block

import "testing"

// FuzzDecoders: no payload and no header makes a decoder panic, keep silent about a kind, or hand on a block that contradicts itself.
func FuzzDecoders(f *testing.F) {
	f.Add([]byte(`{"t":1,"v":{"x":[1,2],"y":[3,4]},"mark":"begin"}`), "json", "", "", "")
	f.Add([]byte(`[[1,2],[3,null]]`), "json", "", "", "P")
	f.Add([]byte{1, 2, 3, 4}, "raw", "i16", "2", "1e6")
	f.Add([]byte{}, "raw", "f64", "64", "NaN")
	f.Add([]byte("CRKB"), "block", "", "", "")
	d, err := NewDecoder(DecoderConfig{Names: []string{"x", "y"}, RateHz: 10})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p []byte, encoding, kind, channels, other string) {
		head := h(HeaderEncoding, encoding, HeaderType, kind, HeaderChannels, channels, HeaderRate, other, HeaderScale, other, HeaderPart, other,
			HeaderTime, other, HeaderMark, other)
		for _, head := range []Header{head, h(HeaderEncoding, encoding), nil} {
			var b Block
			if err := d.Decode(&b, p, head); err != nil {
				if KindOf(err) == KindOther {
					t.Fatalf("an error without a kind: %v", err)
				}
				continue
			}
			if b.Channels < 1 || b.Channels > MaxChannels || len(b.Samples) != b.Channels*b.Count() || !(b.RateHz > 0) || b.Count() == 0 && b.Flags&(PartBegin|PartEnd) == 0 {
				t.Fatalf("accepted %+v", b)
			}
		}
	})
}
