package kernel

import (
	"math/rand/v2"
	"testing"
)

func TestTranspose(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		for cols := 1; cols <= 40; cols++ {
			src, okS := fenced(cols*Lanes, random(r, cols*Lanes, 1))
			dst, okD := fenced(cols*Lanes, nil)
			Transpose(dst, src, cols)
			for j := range Lanes {
				for k := range cols {
					if dst[k*Lanes+j] != src[j*cols+k] {
						t.Fatalf("%d columns: row %d, column %d", cols, j, k)
					}
				}
			}
			okS(t, "src")
			okD(t, "dst")
		}
	})
}
