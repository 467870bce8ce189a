package limit_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector/limit"
)

// A tail that was kept and read again gives the same scores and limits to the bit, from few rows to many.
func TestKeptTailSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{5, 14, 40, 499, 501, 4000}).Draw(t, "rows")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Abs(r.NormFloat64())
		}
		tail, err := limit.CalibratePrudently(x, limit.Prudence{Margin: rapid.Float64Range(1, 2).Draw(t, "margin"), Score: rapid.Float64Range(0, 8).Draw(t, "score")})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(tail)
		if err != nil {
			t.Fatal(err)
		}
		var back limit.Tail
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		last := 0.0
		for y := 0.0; y < 9; y += 0.01 {
			a, b := tail.Score(y), back.Score(y)
			if a != b || a < last {
				t.Fatalf("%v scores %v, and %v when read again; before it %v", y, a, b, last)
			}
			last = a
		}
		for _, alpha := range []float64{0.5, 0.1, 0.01, 1e-4, 1e-8} {
			a, x := tail.Limit(alpha)
			b, y := back.Limit(alpha)
			if a != b || x != y {
				t.Fatalf("limit %v, and %v when read again", a, b)
			}
		}
	})
}

// A sample that is thinned out to be kept states the same rates as before, to a few per cent.
func TestThinnedTailHoldsItsRates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 20000)
	for i := range x {
		x[i] = r.Float64()
	}
	tail, err := limit.Calibrate(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []float64{0.9, 0.5, 0.2, 0.11} {
		if got := math.Pow(10, -tail.Score(1-p)); math.Abs(got-p) > 0.03*p+0.01 {
			t.Errorf("a score that %v of the rows pass is said to be passed by %v", p, got)
		}
		if l, _ := tail.Limit(p); math.Abs(l-(1-p)) > 0.02 {
			t.Errorf("the limit for %v is %v, expected %v", p, l, 1-p)
		}
	}
}

// What few rows cannot show is held back: at the margin times the largest the score is no more than stated, beyond it rises without end.
func TestPrudence(t *testing.T) {
	x := []float64{0.2, 0.5, 0.4, 0.9, 1, 0.3, 0.35}
	hasty, err := limit.CalibratePrudently(x, limit.Prudence{Margin: 1, Score: 0})
	if err != nil {
		t.Fatal(err)
	}
	prudent, err := limit.CalibratePrudently(x, limit.Prudence{Margin: 3, Score: 5})
	if err != nil {
		t.Fatal(err)
	}
	if s := prudent.Score(3); s > 5+1e-9 || s > hasty.Score(3) {
		t.Errorf("three times the largest scores %v, at most 5 was asked for", s)
	}
	if s := prudent.Score(30); s <= 5 {
		t.Errorf("thirty times the largest scores %v", s)
	}
	if l, beyond := prudent.Limit(1e-5); math.Abs(l-3) > 1e-9 && l < 3 || !beyond {
		t.Errorf("the limit is %v, extrapolated %v", l, beyond)
	}
	_, err = limit.CalibratePrudently(x[:4], limit.Prudence{Margin: 1})
	mentions(t, err, "4 rows", "5")
}

func TestBadTailsAreRefused(t *testing.T) {
	for _, bad := range []string{
		`[]`, `{}`, `{"sample":[1,2,3,4,5],"inside":5,"rows":4,"from":4,"share":0.3,"scale":1,"largest":5}`,
		`{"sample":[1,9,2,4],"inside":4,"rows":5,"from":4,"share":0.3,"scale":1,"largest":5}`,
		`{"sample":[1,2,3,4],"inside":4,"rows":5,"from":4,"share":0,"scale":1,"largest":5}`,
		`{"sample":[1,2,3,4],"inside":4,"rows":5,"from":4,"share":0.3,"scale":0,"largest":5}`,
		`{"sample":[1,2,3,4],"inside":4,"rows":5,"from":4,"share":0.3,"scale":1,"shape":-1,"largest":6}`,
	} {
		var t2 limit.Tail
		if json.Unmarshal([]byte(bad), &t2) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// A limit that follows goes on from its state to the bit.
func TestAdaptiveGoesOnFromItsState(t *testing.T) {
	c := limit.AdaptiveConfig{Alpha: 0.01, Start: 2, Unit: 0.43}
	a, err := limit.NewAdaptive(c)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range 1000 {
		a.Step(r.NormFloat64())
	}
	b, _ := limit.NewAdaptive(c)
	state, err := a.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		y := r.NormFloat64()
		if a.Step(y) != b.Step(y) || a.Limit() != b.Limit() {
			t.Fatal("another limit after the state")
		}
	}
	if b.UnmarshalBinary(state[:7]) == nil || b.UnmarshalBinary([]byte{0, 0, 0, 0, 0, 0, 0xf0, 0x7f}) == nil {
		t.Error("a state that is cut off or infinite was taken")
	}
}
