package feature_test

import (
	"encoding/binary"
	"math"
	"testing"

	"crackle/window/feature"
)

func FuzzCompute(f *testing.F) {
	f.Add([]byte{0, 0, 128, 63}, uint8(3))
	f.Add([]byte{0, 0, 192, 127, 0, 0, 128, 255}, uint8(200))
	f.Fuzz(func(t *testing.T, raw []byte, size uint8) {
		cfg := config(everything...)
		cfg.Length = 400 + int(size)
		s, err := feature.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 3*cfg.Length)
		for i := range x {
			if len(raw) >= 4 {
				at := i * 4 % (len(raw) - 3)
				x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[at:]))
			}
		}
		out, err := s.Compute(nil, x)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range out {
			if v-v != 0 {
				t.Errorf("%s is %g", s.Names()[i], v)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, e := range everything {
		f.Add(e)
	}
	f.Add("v.i.rms((1,2)")
	f.Fuzz(func(t *testing.T, entry string) {
		s, err := feature.New(config(entry))
		if err == nil && s.Len() == 0 {
			t.Errorf("%q was accepted and gives nothing", entry)
		}
	})
}
