package block

import "testing"

func BenchmarkDecode(b *testing.B) {
	for _, st := range []SampleType{I16, I24, I32, F32, F64} {
		b.Run(st.String(), func(b *testing.B) {
			src := &Block{Run: 1, RateHz: 1e6, Channels: 1, Samples: make([]float32, 16384)}
			for i := range src.Samples {
				src.Samples[i] = float32(i%977) - 400
			}
			p, err := Append(nil, src, st)
			if err != nil {
				b.Fatal(err)
			}
			var dst Block
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				if err := Decode(&dst, p); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(src.Samples))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msamples/s")
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, st := range []SampleType{I16, F32} {
		b.Run(st.String(), func(b *testing.B) {
			src := &Block{Run: 1, RateHz: 1e6, Channels: 1, Samples: make([]float32, 16384)}
			var p []byte
			var err error
			for b.Loop() {
				if p, err = Append(p[:0], src, st); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(p)))
		})
	}
}
