package train

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawRecordings gives windows of a few recordings, cut with overlap, with groups that run on within a recording (lots without a pause) or
// not, and labels that belong to groups.
func drawRecordings(t *rapid.T) []Sample {
	var out []Sample
	length, hop := rapid.Int64Range(1, 40).Draw(t, "length"), rapid.Int64Range(1, 40).Draw(t, "hop")
	named := rapid.Bool().Draw(t, "recordings have names")
	for r := range rapid.IntRange(1, 4).Draw(t, "recordings") {
		lots := rapid.IntRange(1, 5).Draw(t, "lots")
		at := rapid.Int64Range(0, 50).Draw(t, "start")
		for l := range lots {
			for range rapid.IntRange(1, 8).Draw(t, "windows") {
				s := Sample{Group: fmt.Sprint(r, ".", l), Label: fmt.Sprint(l % 2), From: at, To: at + length}
				if named {
					s.Recording = fmt.Sprint(r)
				}
				out, at = append(out, s), at+hop
			}
		}
	}
	return out
}

// near is the rule written down plainly: two windows of one recording less than embargo apart, or overlapping.
func near(a, b Sample, embargo int64) bool {
	if a.Recording != b.Recording || a.Recording == "" && a.Group != b.Group {
		return false
	}
	return a.From < b.To+embargo && b.From < a.To+embargo
}

// accounted checks that the split's lists hold each of the indices once, in ascending order.
func accounted(t *rapid.T, s Split, of []int) {
	list := slices.Concat(s.Train, s.Test, s.Out)
	slices.Sort(list)
	if !slices.Equal(list, of) || !slices.IsSorted(s.Train) || !slices.IsSorted(s.Test) || !slices.IsSorted(s.Out) {
		t.Fatalf("train %v, test %v, out %v; want each of %v once", s.Train, s.Test, s.Out, of)
	}
	if len(s.Train) == 0 || len(s.Test) == 0 {
		t.Fatalf("a side is empty: %+v", s)
	}
}

// separate checks that no group and no neighbours stand on both sides, and that nothing was left out without need.
func separate(t *rapid.T, samples []Sample, s Split, embargo int64) {
	for _, k := range s.Test {
		for _, i := range s.Train {
			if samples[i].Group == samples[k].Group || near(samples[i], samples[k], embargo) {
				t.Fatalf("training sample %+v and test sample %+v, embargo %d", samples[i], samples[k], embargo)
			}
		}
	}
	for _, i := range s.Out {
		if !slices.ContainsFunc(s.Test, func(k int) bool { return near(samples[i], samples[k], embargo) }) {
			t.Fatalf("sample %+v was left out though no test sample is near", samples[i])
		}
	}
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestGroupFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawRecordings(t)
		c := FoldConfig{Folds: rapid.IntRange(2, 6).Draw(t, "folds"), Seed: rapid.Uint64().Draw(t, "seed"), Stratify: rapid.Bool().Draw(t, "stratify"), Embargo: rapid.Int64Range(0, 60).Draw(t, "embargo")}
		folds, err := GroupFolds(samples, c)
		if err != nil {
			if names, _ := groupsOf(samples); !(len(names) < c.Folds && strings.Contains(err.Error(), "fewer folds")) && !strings.Contains(err.Error(), "nothing is left") {
				t.Fatal(err)
			}
			return
		}
		again, err := GroupFolds(samples, c)
		if err != nil || !reflect.DeepEqual(folds, again) {
			t.Fatalf("the same seed gave %v and %v (%v)", folds, again, err)
		}
		tested := map[string]int{}
		for _, s := range folds {
			accounted(t, s, indices(len(samples)))
			separate(t, samples, s, c.Embargo)
			groups := map[string]bool{}
			for _, i := range s.Test {
				groups[samples[i].Group] = true
			}
			for g := range groups {
				tested[g]++
			}
		}
		for _, s := range samples {
			if tested[s.Group] != 1 {
				t.Fatalf("group %s is held out %d times", s.Group, tested[s.Group])
			}
		}
	})
}

func TestNestedGroupFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawRecordings(t)
		outer := FoldConfig{Folds: rapid.IntRange(2, 4).Draw(t, "outer"), Seed: 3, Embargo: rapid.Int64Range(0, 30).Draw(t, "embargo")}
		inner := FoldConfig{Folds: 2, Seed: 4, Embargo: outer.Embargo}
		folds, err := NestedGroupFolds(samples, outer, inner)
		if err != nil {
			if !strings.Contains(err.Error(), "fewer folds") && !strings.Contains(err.Error(), "nothing is left") {
				t.Fatal(err)
			}
			return
		}
		for _, f := range folds {
			for _, in := range f.Inner {
				accounted(t, in, f.Outer.Train) // so it holds nothing that is tested outside, nor its neighbours
				separate(t, samples, in, inner.Embargo)
			}
		}
	})
}

func TestTimeFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawRecordings(t)
		c := FoldConfig{Folds: rapid.IntRange(1, 5).Draw(t, "folds"), Embargo: rapid.Int64Range(0, 60).Draw(t, "embargo")}
		folds, err := TimeFolds(samples, c)
		if err != nil {
			if !strings.Contains(err.Error(), "fewer folds") {
				t.Fatal(err)
			}
			return
		}
		var tested []int
		for _, s := range folds {
			accounted(t, s, indices(len(samples)))
			for _, k := range s.Test {
				for _, i := range s.Train {
					if samples[i].To+c.Embargo > samples[k].From {
						t.Fatalf("training sample %+v within %d of test sample %+v", samples[i], c.Embargo, samples[k])
					}
				}
			}
			tested = append(tested, s.Test...)
		}
		slices.Sort(tested)
		if len(slices.Compact(slices.Clone(tested))) != len(tested) || len(tested) != len(samples)-len(samples)/(c.Folds+1) {
			t.Fatalf("%d folds of %d samples test %v", c.Folds, len(samples), tested)
		}
	})
}

// TestOneSplitAccountsForAll holds the three ways to split once, and the embargo put on afterwards.
func TestOneSplitAccountsForAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawRecordings(t)
		share, seed, embargo := rapid.Float64Range(0.1, 0.9).Draw(t, "share"), rapid.Uint64().Draw(t, "seed"), rapid.Int64Range(0, 60).Draw(t, "embargo")
		for name, split := range map[string]func() (Split, error){
			"group":      func() (Split, error) { return SplitByGroup(samples, share, seed) },
			"stratified": func() (Split, error) { return SplitByGroupStratified(samples, share, seed) },
		} {
			s, err := split()
			if err != nil {
				if !strings.Contains(err.Error(), "split by time instead") && !strings.Contains(err.Error(), "nothing is left") {
					t.Fatalf("%s: %v", name, err)
				}
				continue
			}
			accounted(t, s, indices(len(samples)))
			separate(t, samples, s, 0)
			if again, _ := split(); !reflect.DeepEqual(s, again) {
				t.Fatalf("%s: the same seed gave %v and %v", name, s, again)
			}
			if s, err = s.WithEmbargo(samples, embargo); err == nil {
				accounted(t, s, indices(len(samples)))
				separate(t, samples, s, embargo)
			}
		}
		if s, err := SplitLastGroups(samples, share, embargo); err == nil {
			accounted(t, s, indices(len(samples)))
			separate(t, samples, s, embargo)
		}
		if s, err := SplitByTime(samples, share, embargo); err == nil {
			accounted(t, s, indices(len(samples)))
		}
	})
}

// TestLeaks counts against the rule written down plainly.
func TestLeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawRecordings(t)
		s, err := SplitAtRandomLeaking(samples, 0.5, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			return // a single sample
		}
		want := 0
		for _, k := range s.Test {
			if slices.ContainsFunc(s.Train, func(i int) bool { return samples[i].Group == samples[k].Group || near(samples[i], samples[k], 0) }) {
				want++
			}
		}
		if got := s.Leaks(samples); got != want || (want > 0) != strings.Contains(s.Warning, fmt.Sprintf("%d of %d", want, len(s.Test))) {
			t.Fatalf("%d leaks and warning %q, want %d", got, s.Warning, want)
		}
	})
}

// TestStratified deals lots of one label each: the rare label reaches every fold, and the share held out is that asked for.
func TestStratified(t *testing.T) {
	var samples []Sample
	for lot := range 24 {
		label := "good"
		if lot%4 == 0 {
			label = "burnt" // 6 of 24 lots
		}
		for k := range int64(10) {
			samples = append(samples, Sample{Group: fmt.Sprint("lot", lot), Label: label, From: k, To: k + 1})
		}
	}
	burnt := func(list []int) (n int) {
		for _, i := range list {
			if samples[i].Label == "burnt" {
				n++
			}
		}
		return n
	}
	for seed := range uint64(20) {
		folds, err := GroupFolds(samples, FoldConfig{Folds: 6, Seed: seed, Stratify: true})
		if err != nil {
			t.Fatal(err)
		}
		for f, s := range folds {
			if burnt(s.Test) != 10 || len(s.Test) != 40 {
				t.Errorf("seed %d, fold %d tests %d samples, %d of them burnt; want 40 and 10", seed, f, len(s.Test), burnt(s.Test))
			}
		}
		s, err := SplitByGroupStratified(samples, 1.0/3, seed)
		if err != nil {
			t.Fatal(err)
		}
		if burnt(s.Test) != 20 || len(s.Test) != 80 {
			t.Errorf("seed %d: %d samples held out, %d of them burnt; want 80 and 20", seed, len(s.Test), burnt(s.Test))
		}
	}
	a, _ := GroupFolds(samples, FoldConfig{Folds: 6, Seed: 1})
	b, _ := GroupFolds(samples, FoldConfig{Folds: 6, Seed: 2})
	if reflect.DeepEqual(a, b) {
		t.Error("two seeds gave the same folds")
	}
}

// TestSplitLastGroups holds the groups out that begin last, whatever the order in which they are given.
func TestSplitLastGroups(t *testing.T) {
	var samples []Sample
	for _, lot := range []int64{3, 0, 2, 1} {
		for k := range int64(5) {
			samples = append(samples, Sample{Group: fmt.Sprint("lot", lot), Recording: "line", From: 100*lot + 20*k, To: 100*lot + 20*k + 30})
		}
	}
	s, err := SplitLastGroups(samples, 0.5, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := Split{Test: []int{0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, Train: []int{5, 6, 7, 8, 9, 15, 16, 17, 18}, Out: []int{19}, By: "last groups"}
	if !reflect.DeepEqual(s, want) { // lots 2 and 3; the last window of lot 1 overlaps the first of lot 2
		t.Errorf("%+v, want %+v", s, want)
	}
}

func TestFoldsRefuse(t *testing.T) {
	run := []Sample{{Group: "a", Recording: "r", From: 0, To: 10}, {Group: "b", Recording: "r", From: 5, To: 15}}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"one fold":          {third(GroupFolds(run, FoldConfig{Folds: 1})), "1 folds"},
		"negative embargo":  {third(GroupFolds(run, FoldConfig{Folds: 2, Embargo: -1})), "embargo of -1"},
		"few groups":        {third(GroupFolds(run, FoldConfig{Folds: 3})), "2 groups for 3 folds"},
		"overlap":           {third(GroupFolds(run, FoldConfig{Folds: 2})), "nothing is left"},
		"no sample":         {third(GroupFolds(nil, FoldConfig{Folds: 2})), "0 groups"},
		"time, no fold":     {third(TimeFolds(run, FoldConfig{})), "0 folds"},
		"time, few":         {third(TimeFolds(run, FoldConfig{Folds: 2})), "2 samples for 3 blocks"},
		"time, embargo":     {third(TimeFolds(run, FoldConfig{Folds: 1, Embargo: 5})), "shorter embargo"},
		"stratified":        {second(SplitByGroupStratified(run[:1], 0.5, 1)), "split by time instead"},
		"stratified share":  {second(SplitByGroupStratified(run, 1, 1)), "share held out is 1"},
		"last groups":       {second(SplitLastGroups(run[:1], 0.5, 0)), "split by time instead"},
		"last groups share": {second(SplitLastGroups(run, 0, 0)), "share held out is 0"},
		"last groups close": {second(SplitLastGroups(run, 0.5, 0)), "nothing is left"},
		"with embargo":      {second(Split{By: "group", Train: []int{0}, Test: []int{1}}.WithEmbargo(run, -1)), "embargo is -1"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, c.err, c.want)
		}
	}
}

func third(_ []Split, err error) error { return err }
