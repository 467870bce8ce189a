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
		tail, err := limit.CalibrateFew(x)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "extended") {
			tail.Extend(rapid.Float64Range(0.5, 8).Draw(t, "most"), rapid.Float64Range(0.1, 3).Draw(t, "per decade"))
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

// What few rows cannot show is stated: so much of the raw score for a decade, from no more than stated at the largest.
func TestExtendedTail(t *testing.T) {
	x := []float64{0.2, 0.5, 0.4, 0.9, 1, 0.3, 0.35}
	tail, err := limit.CalibrateFew(x)
	if err != nil {
		t.Fatal(err)
	}
	top := tail.Score(1)
	for _, most := range []float64{9, 0.5} {
		tail.Extend(most, 2)
		at := min(top, most)
		for y, want := range map[float64]float64{0.9: min(tail.Score(0.9), at), 1: at, 3: at + 1, 7: at + 3} {
			if got := tail.Score(y); math.Abs(got-want) > 1e-9 {
				t.Errorf("at most %v: %v scores %v, want %v", most, y, got, want)
			}
		}
		if l, beyond := tail.Limit(math.Pow(10, -at-1)); math.Abs(l-3) > 1e-9 || !beyond {
			t.Errorf("at most %v: the limit is %v, extrapolated %v", most, l, beyond)
		}
	}
	if s := tail.Size(); s != 1 {
		t.Errorf("size %v, the largest is 1", s)
	}
	_, err = limit.CalibrateFew(x[:4])
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
