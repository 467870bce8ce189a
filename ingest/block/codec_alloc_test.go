package block

import "testing"

func TestCodecAllocatesNothing(t *testing.T) {
	for _, st := range []SampleType{I16, I24, I32, F32, F64} {
		b := sample()
		var dst Block
		buf, err := Append(nil, b, st)
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(&dst, buf); err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(100, func() {
			buf, err = Append(buf[:0], b, st)
			if err == nil {
				err = Decode(&dst, buf)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("%v: %v allocations per block written and read, want 0", st, n)
		}
	}
}
