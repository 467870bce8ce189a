package train

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// FoldConfig says how to deal samples into folds.
type FoldConfig struct {
	Folds    int    // at least 2
	Seed     uint64 // which groups go together; the same seed gives the same folds
	Stratify bool   // spread each Label evenly over the folds, as far as whole groups allow
	Embargo  int64  // training samples nearer than this to a test sample of the same recording are left out; 0 leaves out those that overlap
}

// Fold is one outer fold of a nested cross-validation: choose by the inner splits of Outer.Train, then score once on Outer.Test.
type Fold struct {
	Outer Split
	Inner []Split // indices into all samples; together they hold Outer.Train only
}

// GroupFolds deals the groups into folds of about equal size, each tested once while the others train: no group stands on both sides, and
// no training sample is within the embargo of a test sample. It needs at least as many groups as folds.
func GroupFolds(samples []Sample, c FoldConfig) ([]Split, error) {
	all := make([]int, len(samples))
	for i := range all {
		all[i] = i
	}
	splits, err := groupFolds(samples, all, c)
	if err != nil {
		return nil, fmt.Errorf("folds by group: %w", err)
	}
	return splits, nil
}

// NestedFolds is NestedGroupFolds by numbers of folds and a seed, without an embargo.
func NestedFolds(samples []Sample, outer, inner int, seed uint64) ([]Fold, error) {
	return NestedGroupFolds(samples, FoldConfig{Folds: outer, Seed: seed}, FoldConfig{Folds: inner, Seed: seed})
}

// NestedGroupFolds deals the groups into outer folds, and those of each outer training side into inner folds: a hyper-parameter chosen on
// the inner folds has never seen the outer test groups, nor their neighbours. It needs at least outer.Folds groups, and inner.Folds groups
// in each outer training side.
func NestedGroupFolds(samples []Sample, outer, inner FoldConfig) ([]Fold, error) {
	splits, err := GroupFolds(samples, outer)
	if err != nil {
		return nil, fmt.Errorf("nested cross-validation, outer: %w", err)
	}
	folds := make([]Fold, len(splits))
	for i, s := range splits {
		folds[i].Outer = s
		c := inner
		c.Seed += uint64(i) + 1
		if folds[i].Inner, err = groupFolds(samples, s.Train, c); err != nil {
			return nil, fmt.Errorf("nested cross-validation, inside fold %d: %w", i, err)
		}
	}
	return folds, nil
}

// TimeFolds cuts the samples, in order of time, into one more block than folds. Each block but the first is tested once, by what was trained
// on the blocks before it, less the embargo: never on the future. c.Seed and c.Stratify do not matter.
func TimeFolds(samples []Sample, c FoldConfig) ([]Split, error) {
	if c.Folds < 1 || c.Embargo < 0 {
		return nil, fmt.Errorf("folds by time: %d folds and an embargo of %d, must be at least 1 and 0", c.Folds, c.Embargo)
	}
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(samples[a].From, samples[b].From) })
	if len(order) < c.Folds+1 {
		return nil, fmt.Errorf("folds by time: %d samples for %d blocks: use fewer folds", len(order), c.Folds+1)
	}
	out := make([]Split, c.Folds)
	for f := range out {
		from, to := (f+1)*len(order)/(c.Folds+1), (f+2)*len(order)/(c.Folds+1)
		s := Split{By: "time", Test: slices.Clone(order[from:to]), Out: slices.Clone(order[to:])}
		border := samples[order[from]].From - c.Embargo
		for _, i := range order[:from] {
			if samples[i].To <= border {
				s.Train = append(s.Train, i)
			} else {
				s.Out = append(s.Out, i)
			}
		}
		if len(s.Train) == 0 {
			return nil, fmt.Errorf("folds by time: with an embargo of %d nothing is left to train on before %d: use fewer folds or a shorter embargo", c.Embargo, border+c.Embargo)
		}
		slices.Sort(s.Train)
		slices.Sort(s.Test)
		slices.Sort(s.Out)
		out[f] = s
	}
	return out, nil
}

// groupFolds deals the groups of the samples listed: the largest first, each to the fold that has least of its labels so far, or of all.
func groupFolds(samples []Sample, list []int, c FoldConfig) ([]Split, error) {
	if c.Folds < 2 || c.Embargo < 0 {
		return nil, fmt.Errorf("%d folds and an embargo of %d, must be at least 2 and 0", c.Folds, c.Embargo)
	}
	members := map[string][]int{}
	var names []string
	for _, i := range list {
		g := samples[i].Group
		if members[g] == nil {
			names = append(names, g)
		}
		members[g] = append(members[g], i)
	}
	if len(names) < c.Folds {
		return nil, fmt.Errorf("%d groups for %d folds: use fewer folds", len(names), c.Folds)
	}
	rand.New(rand.NewPCG(c.Seed, 0xf01d)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	slices.SortStableFunc(names, func(a, b string) int { return len(members[b]) - len(members[a]) })
	fold := dealer{samples: samples, stratify: c.Stratify, total: map[string]int{}, have: make([]map[string]int, c.Folds), tests: make([][]int, c.Folds)}
	for _, i := range list {
		fold.total[fold.label(i)]++
	}
	for _, name := range names {
		fold.deal(members[name])
	}
	out := make([]Split, c.Folds)
	for f, test := range fold.tests {
		slices.Sort(test)
		s := Split{By: "group", Test: test}
		for _, i := range list {
			if _, found := slices.BinarySearch(test, i); !found {
				s.Train = append(s.Train, i)
			}
		}
		var err error
		if out[f], err = s.apart(samples, c.Embargo); err != nil {
			return nil, fmt.Errorf("fold %d: %w", f, err)
		}
	}
	return out, nil
}

// dealer fills folds with groups.
type dealer struct {
	samples  []Sample
	stratify bool
	total    map[string]int   // samples of each label
	have     []map[string]int // per fold
	tests    [][]int
}

// label is one for all samples when their labels do not matter.
func (d *dealer) label(i int) string {
	if d.stratify {
		return d.samples[i].Label
	}
	return ""
}

// deal gives a group to the fold where its labels are rarest; an empty fold comes first, then the smallest.
func (d *dealer) deal(group []int) {
	counts := map[string]int{}
	var labels []string // in order of appearance, so that sums are the same each time
	for _, i := range group {
		l := d.label(i)
		if counts[l] == 0 {
			labels = append(labels, l)
		}
		counts[l]++
	}
	best, least := 0, 0.0
	for f := range d.tests {
		crowd := 0.0
		for _, l := range labels {
			crowd += float64(counts[l]) * float64(d.have[f][l]) / float64(d.total[l])
		}
		if f == 0 || crowd < least || crowd == least && len(d.tests[f]) < len(d.tests[best]) {
			best, least = f, crowd
		}
	}
	if d.have[best] == nil {
		d.have[best] = map[string]int{}
	}
	for l, n := range counts {
		d.have[best][l] += n
	}
	d.tests[best] = append(d.tests[best], group...)
}

// SplitByGroupStratified is SplitByGroup that holds about share of the samples of each Label out, as far as whole groups allow.
func SplitByGroupStratified(samples []Sample, share float64, seed uint64) (Split, error) {
	names, members := groupsOf(samples)
	if err := checkShare(share); err != nil {
		return Split{}, err
	}
	if len(names) < 2 {
		return Split{}, fmt.Errorf("split by group: the %d samples have %d groups, must have at least 2: split by time instead", len(samples), len(names))
	}
	rand.New(rand.NewPCG(seed, 0x5911)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	slices.SortStableFunc(names, func(a, b string) int { return len(members[b]) - len(members[a]) })
	total, have := map[string]int{}, map[string]int{}
	for _, s := range samples {
		total[s.Label]++
	}
	s := Split{By: "group"}
	for k, name := range names {
		counts := map[string]int{}
		var labels []string
		for _, i := range members[name] {
			l := samples[i].Label
			if counts[l] == 0 {
				labels = append(labels, l)
			}
			counts[l]++
		}
		gain := 0.0 // how much nearer the shares held out come to what is asked for, in squares
		for _, l := range labels {
			n, h := float64(total[l]), float64(have[l])
			before, after := h/n-share, (h+float64(counts[l]))/n-share
			gain += float64(before*before) - float64(after*after) // no fused multiply-add: the same on every machine
		}
		last := k == len(names)-1
		if take := gain > 0; last && len(s.Test) == 0 || take && !(last && len(s.Train) == 0) {
			s.Test = append(s.Test, members[name]...)
			for l, n := range counts {
				have[l] += n
			}
		} else {
			s.Train = append(s.Train, members[name]...)
		}
	}
	slices.Sort(s.Train)
	slices.Sort(s.Test)
	return s.apart(samples, 0)
}
