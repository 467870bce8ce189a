package eval_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector/eval"
)

func bits(s string) []bool {
	out := make([]bool, len(s))
	for i := range s {
		out[i] = s[i] == '1'
	}
	return out
}

func TestConfusionLeavesOutRowsWithoutVerdict(t *testing.T) {
	c := eval.Count(bits("110010"), bits("101010"), bits("111101"))
	if c != (eval.Confusion{TP: 1, TN: 2, FP: 1, FN: 1}) {
		t.Errorf("counted %+v", c)
	}
	near(t, "FAR", c.FAR(), 100./3)
	near(t, "MAR", c.MAR(), 50)
}

func TestEventsCountStretches(t *testing.T) {
	e := eval.CountEvents(bits("0011100011000"), bits("1000110000001"))
	if e.True != 2 || e.Found != 1 || e.Alarms != 3 || e.False != 2 || e.Normal != 8 {
		t.Errorf("counted %+v", e)
	}
	near(t, "delay", e.MedianDelay(), 2)
	near(t, "false alarms per hour", e.FalsePerHour(450), 2)
}

func TestAUCOfKnownOrders(t *testing.T) {
	near(t, "perfect", eval.AUC(bits("0011"), []float64{1, 2, 3, 4}), 1)
	near(t, "reversed", eval.AUC(bits("1100"), []float64{1, 2, 3, 4}), 0)
	near(t, "tied", eval.AUC(bits("0101"), []float64{1, 1, 1, 1}), 0.5)
	near(t, "NaN left out", eval.AUC(bits("1011"), []float64{math.NaN(), 2, 3, 4}), 1)
	if !math.IsNaN(eval.AUC(bits("00"), []float64{1, 2})) {
		t.Error("an area without anomalous rows")
	}
}

func TestAUCIsTheShareOfOrderedPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		truth, score := make([]bool, n), make([]float64, n)
		for i := range truth {
			truth[i] = rapid.Bool().Draw(t, "truth")
			score[i] = float64(rapid.IntRange(0, 6).Draw(t, "score"))
		}
		pairs, won := 0.0, 0.0
		for i := range truth {
			for j := range truth {
				if truth[i] && !truth[j] {
					pairs++
					switch {
					case score[i] > score[j]:
						won++
					case score[i] == score[j]:
						won += 0.5
					}
				}
			}
		}
		got := eval.AUC(truth, score)
		if pairs == 0 {
			if !math.IsNaN(got) {
				t.Fatalf("area %v without pairs", got)
			}
			return
		}
		if math.Abs(got-won/pairs) > 1e-12 {
			t.Fatalf("area %v, pairs say %v", got, won/pairs)
		}
	})
}

// Without a buffer and with distinct scores the volume is the step-wise average precision at the thresholds, times the share of stretches
// met; for one stretch whose rows rank first it is 1.
func TestVolumeOfKnownOrders(t *testing.T) {
	n := 500
	truth, good, bad := make([]bool, n), make([]float64, n), make([]float64, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		truth[i] = i >= 200 && i < 260
		good[i], bad[i] = r.Float64(), r.Float64()
		if truth[i] {
			good[i] += 2
			bad[i] -= 2
		}
	}
	if v := eval.VUSPR(truth, good, 0); v < 0.999 || v > 1 {
		t.Errorf("perfect without buffer: %v", v)
	}
	if v := eval.VUSPR(truth, good, 40); v < 0.9 || v > 1 {
		t.Errorf("perfect with buffer: %v", v)
	}
	if v := eval.VUSPR(truth, bad, 40); v > 0.15 {
		t.Errorf("worst order: %v", v)
	}
	if !math.IsNaN(eval.VUSPR(make([]bool, n), good, 40)) {
		t.Error("a volume without labels")
	}
}

func TestVolumeHoldsItsRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		truth, score := make([]bool, n), make([]float64, n)
		for i := range truth {
			truth[i] = rapid.Bool().Draw(t, "truth")
			score[i] = rapid.SampledFrom([]float64{0, 1, 2, math.NaN(), math.Inf(1)}).Draw(t, "score")
		}
		v := eval.VUSPR(truth, score, rapid.IntRange(0, 30).Draw(t, "buffer"))
		if !math.IsNaN(v) && (v < 0 || v > 1) {
			t.Fatalf("volume %v", v)
		}
	})
}

func TestBootstrapOfFiles(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	mean := func(pick []int) float64 {
		s := 0.0
		for _, i := range pick {
			s += x[i]
		}
		return s / float64(len(pick))
	}
	a, b := eval.Bootstrap(10, 2000, 1, 0.95, mean), eval.Bootstrap(10, 2000, 1, 0.95, mean)
	if a != b {
		t.Errorf("the same seed gave %v and %v", a, b)
	}
	// The mean of 10 draws from 1..10 has a standard deviation of 0.908.
	if math.Abs(a.Low-(5.5-1.78)) > 0.25 || math.Abs(a.High-(5.5+1.78)) > 0.25 {
		t.Errorf("interval %v", a)
	}
	if !math.IsNaN(eval.Bootstrap(1, 100, 1, 0.95, mean).Low) {
		t.Error("an interval from one file")
	}
}
