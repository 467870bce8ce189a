package block

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func decoder(t testing.TB, cfg DecoderConfig) Decoder {
	t.Helper()
	d, err := NewDecoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func h(kv ...string) Header {
	out := Header{}
	for i := 0; i < len(kv); i += 2 {
		out[kv[i]] = []string{kv[i+1]}
	}
	return out
}

func TestRaw(t *testing.T) {
	le := binary.LittleEndian
	i16 := le.AppendUint16(le.AppendUint16(nil, 1), 0xffff) // 1, -1
	f32 := le.AppendUint32(le.AppendUint32(nil, math.Float32bits(0.5)), math.Float32bits(-2))
	cases := []struct {
		name    string
		cfg     DecoderConfig
		payload []byte
		h       Header
		want    Block
	}{
		{"by configuration", DecoderConfig{Encoding: "raw", Names: []string{"a"}, RateHz: 10, Type: I16, Scale: 0.5}, i16, nil,
			Block{RateHz: 10, Channels: 1, Samples: []float32{0.5, -0.5}}},
		{"defaults", DecoderConfig{Encoding: "raw", Names: []string{"a", "b"}, RateHz: 10}, f32, nil, Block{RateHz: 10, Channels: 2, Samples: []float32{0.5, -2}}},
		{"by header", DecoderConfig{Names: []string{"a"}, RateHz: 10}, i16,
			h(HeaderEncoding, "raw", HeaderType, "i16", HeaderChannels, "2", HeaderRate, "2e5", HeaderScale, "2", HeaderPart, "P", HeaderLot, "L",
				HeaderMark, "begin,end", HeaderTime, "1970-01-01T01:00:00.5+01:00"),
			Block{RateHz: 2e5, Channels: 2, Samples: []float32{2, -2}, Part: "P", Lot: "L", Flags: PartBegin | PartEnd, TimeNS: 5e8}},
		{"a mark alone", DecoderConfig{Encoding: "raw", Names: []string{"a"}, RateHz: 10}, nil, h(HeaderMark, "end", HeaderTime, "1.25"),
			Block{RateHz: 10, Channels: 1, Flags: PartEnd, TimeNS: 125e7}},
	}
	for _, c := range cases {
		got := sample()
		if err := decoder(t, c.cfg).Decode(got, c.payload, c.h); err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if d := cmp.Diff(&c.want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestRawRefuses(t *testing.T) {
	d := decoder(t, DecoderConfig{Encoding: "raw", Names: []string{"a", "b"}, RateHz: 10, Type: I24})
	for _, c := range []struct {
		name    string
		payload []byte
		h       Header
		kind    Kind
	}{
		{"empty", nil, nil, KindCount},
		{"half a row", make([]byte, 9), nil, KindSize},
		{"too long", make([]byte, MaxPayload+6), nil, KindSize},
		{"type", make([]byte, 6), h(HeaderType, "u8"), KindType},
		{"channels", make([]byte, 6), h(HeaderChannels, "65"), KindChannels},
		{"channels text", make([]byte, 6), h(HeaderChannels, "two"), KindChannels},
		{"rate", make([]byte, 6), h(HeaderRate, "NaN"), KindRate},
		{"rate text", make([]byte, 6), h(HeaderRate, "fast"), KindHeader},
		{"scale", make([]byte, 6), h(HeaderScale, "0"), KindScale},
		{"mark", make([]byte, 6), h(HeaderMark, "middle"), KindHeader},
		{"time", make([]byte, 6), h(HeaderTime, "yesterday"), KindHeader},
		{"far time", make([]byte, 6), h(HeaderTime, "1e300"), KindHeader},
		{"part", make([]byte, 6), h(HeaderPart, "a\nb"), KindText},
		{"encoding", make([]byte, 6), h(HeaderEncoding, "xml"), KindHeader},
		{"another encoding", make([]byte, 6), h(HeaderEncoding, "block"), KindMagic},
	} {
		got := sample()
		if err := d.Decode(got, c.payload, c.h); KindOf(err) != c.kind {
			t.Errorf("%s: %v, want kind %v", c.name, err, c.kind)
		}
		if diff := cmp.Diff(sample(), got); diff != "" {
			t.Errorf("%s: dst changed: %s", c.name, diff)
		}
	}
}

func TestJSON(t *testing.T) {
	nan := float32(math.NaN())
	one, two := []string{"x"}, []string{"x", "y"}
	for _, c := range []struct {
		text  string
		names []string
		want  Block
	}{
		{`{"t":"2026-03-01T12:00:00.5Z","v":{"y":2,"x":1,"z":9},"part":"P","lot":"L","mark":"begin"}`, two,
			Block{TimeNS: 1772366400_500000000, Samples: []float32{1, 2}, Part: "P", Lot: "L", Flags: PartBegin}},
		{`{"t":1772366400.5,"v":{"x":[1,null],"y":[3,4]}}`, two, Block{TimeNS: 1772366400_500000000, Samples: []float32{1, 3, nan, 4}}},
		{`{"t":null,"v":[[1,3],[2,4],[5,null]]}`, two, Block{Samples: []float32{1, 3, 2, 4, 5, nan}}},
		{`[1,2]`, two, Block{Samples: []float32{1, 2}}},
		{` [1, 2, 3] `, one, Block{Samples: []float32{1, 2, 3}}},
		{`[null]`, one, Block{Samples: []float32{nan}}},
		{`-7.5e3`, one, Block{Samples: []float32{-7500}}},
		{`{"v":1}`, one, Block{Samples: []float32{1}}},
		{`{"mark":"end","part":"P"}`, two, Block{Part: "P", Flags: PartEnd}},
	} {
		c.want.RateHz, c.want.Channels = 5, len(c.names)
		got := sample()
		if err := decoder(t, DecoderConfig{Encoding: "json", Names: c.names, RateHz: 5}).Decode(got, []byte(c.text), nil); err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if d := cmp.Diff(&c.want, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%s: %s", c.text, d)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	d := decoder(t, DecoderConfig{Encoding: "json", Names: []string{"x", "y"}, RateHz: 5})
	for text, kind := range map[string]Kind{
		``: KindCount, `{}`: KindCount, `[]`: KindChannels, `{"v":{}}`: KindChannels, `{"v":`: KindSyntax, `{"v":[1,2]} x`: KindSyntax, `true`: KindSyntax,
		`[1,"2"]`: KindSyntax, `[1,2,3]`: KindChannels, `1`: KindChannels, `[[1,2],[3]]`: KindChannels, `{"v":{"x":1}}`: KindChannels,
		`{"v":{"x":[1],"y":[1,2]}}`: KindCount, `{"v":{"x":"a","y":1}}`: KindSyntax, `{"t":"now","v":[1,2]}`: KindSyntax, `{"t":1e99,"v":[1,2]}`: KindSyntax,
		`{"mark":"x","v":[1,2]}`: KindSyntax, `{"part":"a\u0000","v":[1,2]}`: KindText, `{"v":[[]]}`: KindChannels, `[NaN,1]`: KindSyntax,
	} {
		got := sample()
		if err := d.Decode(got, []byte(text), nil); KindOf(err) != kind {
			t.Errorf("%s: %v, want kind %v", text, err, kind)
		}
		if diff := cmp.Diff(sample(), got); diff != "" {
			t.Errorf("%s: dst changed: %s", text, diff)
		}
	}
}

func TestBinaryTags(t *testing.T) {
	b := sample()
	b.Lot = ""
	p, err := Append(nil, b, F32)
	if err != nil {
		t.Fatal(err)
	}
	var got Block
	if err := decoder(t, DecoderConfig{Encoding: "raw", Names: []string{"a"}, RateHz: 1}).Decode(&got, p,
		h(HeaderEncoding, "block", HeaderPart, "not this", HeaderLot, "this")); err != nil {
		t.Fatal(err)
	}
	if got.Part != "P-7" || got.Lot != "this" {
		t.Errorf("part %q lot %q", got.Part, got.Lot)
	}
	if err := (Binary{}).Decode(&got, p, h(HeaderLot, "\xff")); KindOf(err) != KindText {
		t.Errorf("a lot that is not UTF-8: %v", err)
	}
}

func TestNewDecoderRefuses(t *testing.T) {
	for name, cfg := range map[string]DecoderConfig{
		"no channels": {RateHz: 1},
		"rate":        {Names: []string{"a"}},
		"scale":       {Names: []string{"a"}, RateHz: 1, Scale: math.Inf(1)},
		"type":        {Names: []string{"a"}, RateHz: 1, Type: 77},
		"encoding":    {Names: []string{"a"}, RateHz: 1, Encoding: "xml"},
	} {
		if _, err := NewDecoder(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
