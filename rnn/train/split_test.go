package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawSamples(t *rapid.T) []Sample {
	groups := rapid.IntRange(2, 9).Draw(t, "groups")
	out := make([]Sample, rapid.IntRange(10, 80).Draw(t, "samples"))
	for i := range out {
		from := rapid.Int64Range(0, 1000).Draw(t, "from")
		out[i] = Sample{Group: fmt.Sprint(i % groups), From: from, To: from + rapid.Int64Range(1, 50).Draw(t, "length")}
	}
	return out
}

// whole checks that both sides together are distinct indices.
func whole(t *rapid.T, s Split, n int, all bool) {
	list := append(slices.Clone(s.Train), s.Test...)
	slices.Sort(list)
	if len(slices.Compact(slices.Clone(list))) != len(list) || (all && len(list) != n) || list[0] < 0 || list[len(list)-1] >= n {
		t.Fatalf("split of %d samples: train %v, test %v", n, s.Train, s.Test)
	}
	if len(s.Train) == 0 || len(s.Test) == 0 {
		t.Fatalf("a side is empty: %+v", s)
	}
}

func TestSplitsDoNotLeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawSamples(t)
		share := rapid.Float64Range(0.1, 0.6).Draw(t, "share")
		s, err := SplitByGroup(samples, share, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		whole(t, s, len(samples), true)
		if l := s.Leaks(samples); l != 0 {
			t.Fatalf("split by group leaks %d", l)
		}
		embargo := rapid.Int64Range(0, 100).Draw(t, "embargo")
		s, err = SplitByTime(samples, share, embargo)
		if err != nil {
			if !strings.Contains(err.Error(), "nothing is left") {
				t.Fatal(err)
			}
			return
		}
		whole(t, s, len(samples), false)
		for _, i := range s.Train {
			for _, k := range s.Test {
				if samples[i].To+embargo > samples[k].From {
					t.Fatalf("training sample %+v within %d of test sample %+v", samples[i], embargo, samples[k])
				}
			}
		}
	})
}

func TestNestedFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawSamples(t)
		names, _ := groupsOf(samples)
		outer := rapid.IntRange(2, max(2, len(names))).Draw(t, "outer")
		folds, err := NestedFolds(samples, outer, 2, 1)
		if err != nil {
			if !strings.Contains(err.Error(), "fewer folds") {
				t.Fatal(err)
			}
			return
		}
		seen := map[int]int{}
		for _, f := range folds {
			whole(t, f.Outer, len(samples), true)
			if f.Outer.Leaks(samples) != 0 {
				t.Fatal("an outer fold leaks")
			}
			for _, i := range f.Outer.Test {
				seen[i]++
			}
			for _, in := range f.Inner {
				whole(t, in, len(samples), false)
				if in.Leaks(samples) != 0 {
					t.Fatal("an inner fold leaks")
				}
				for _, i := range append(slices.Clone(in.Train), in.Test...) {
					if slices.Contains(f.Outer.Test, i) {
						t.Fatal("an inner fold holds an outer test sample")
					}
				}
			}
		}
		for i := range samples {
			if seen[i] != 1 {
				t.Fatalf("sample %d is tested %d times", i, seen[i])
			}
		}
	})
}

// TestRandomSplitFlatters: groups with an offset of their own, which a nearest neighbour learns by heart; the random split must warn and show it.
func TestRandomSplitFlatters(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var samples []Sample
	var x, y []float64
	for g := range 20 {
		label, place := float64(r.IntN(2)), r.NormFloat64()
		for k := range 10 {
			samples = append(samples, Sample{Group: fmt.Sprint(g), From: int64(k), To: int64(k + 2)})
			x, y = append(x, place+0.01*r.NormFloat64()), append(y, label)
		}
	}
	honest, err := SplitByGroup(samples, 0.3, 1)
	if err != nil {
		t.Fatal(err)
	}
	nearest := func(s Split) (float64, error) {
		right := 0
		for _, i := range s.Test {
			best := s.Train[0]
			for _, k := range s.Train {
				if (x[k]-x[i])*(x[k]-x[i]) < (x[best]-x[i])*(x[best]-x[i]) {
					best = k
				}
			}
			if y[best] == y[i] {
				right++
			}
		}
		return float64(right) / float64(len(s.Test)), nil
	}
	f, err := Flatters(samples, honest, 1, nearest)
	if err != nil {
		t.Fatal(err)
	}
	if !(f.Random > 0.95) || !(f.Honest < 0.8) || !strings.Contains(f.String(), "split at random") {
		t.Errorf("%s; want about 1 at random and about chance by group", f)
	}
	random, err := SplitAtRandomLeaking(samples, 0.3, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(random.Warning, "flatters") {
		t.Errorf("warning %q", random.Warning)
	}
}

func TestSplitsRefuse(t *testing.T) {
	one := []Sample{{Group: "a", From: 0, To: 1}, {Group: "a", From: 1, To: 2}}
	for name, err := range map[string]error{
		"one group":  second(SplitByGroup(one, 0.5, 1)),
		"share 0":    second(SplitByGroup(one, 0, 1)),
		"share 2":    second(SplitAtRandomLeaking(one, 2, 1)),
		"embargo -1": second(SplitByTime(one, 0.5, -1)),
		"embargo 9":  second(SplitByTime(one, 0.5, 9)),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func second(_ Split, err error) error { return err }
