package limit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"crackle/detector/limit"
)

// The limit across lots holds on new lots: the share above it is the stated one, by order statistic with many lots and by the prediction
// limit with few.
func TestLotLimitHoldsOnNewLots(t *testing.T) {
	for _, c := range []struct {
		lots         int
		share        float64
		extrapolated bool
	}{{39, 0.05, false}, {19, 0.05, false}, {6, 0.05, true}, {3, 0.05, true}} {
		r := rand.New(rand.NewPCG(uint64(c.lots), 4))
		above := 0
		const runs = 20000
		x := make([]float64, c.lots)
		for range runs {
			for i := range x {
				x[i] = 10 + 3*r.NormFloat64()
			}
			l, err := limit.AcrossLots(x, c.share)
			if err != nil {
				t.Fatal(err)
			}
			if l.Extrapolated != c.extrapolated {
				t.Fatalf("%d lots: extrapolated is %v", c.lots, l.Extrapolated)
			}
			if 10+3*r.NormFloat64() > l.Limit {
				above++
			}
		}
		if share := float64(above) / runs; math.Abs(share-c.share) > 0.008 {
			t.Errorf("%d lots: %.4f of new lots above, stated %.4f", c.lots, share, c.share)
		}
	}
}

func TestLotLimitRefuses(t *testing.T) {
	_, err := limit.AcrossLots([]float64{1}, 0.05)
	mentions(t, err, "1 lots", "2")
	_, err = limit.AcrossLots([]float64{1, math.NaN()}, 0.05)
	mentions(t, err, "finite")
	_, err = limit.AcrossLots([]float64{1, 2}, 0)
	mentions(t, err, "share")
}
