package train

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Sample is where one window of data comes from, as far as a split needs to know.
type Sample struct {
	Group     string // sample, lot, composition or measurement day: what must not stand on both sides
	Recording string // windows of one recording can be neighbours; empty: each group is a recording of its own
	Label     string // what a stratified split spreads evenly; empty where there is none
	From      int64  // first index or time of the window in its recording; SplitByTime and TimeFolds need one clock for all recordings
	To        int64  // one past the last
}

// Split holds the indices of the samples on either side, each list ascending. Every sample is in one of the three lists.
type Split struct {
	Train, Test []int
	Out         []int  // on neither side: too near the other side, or later than what is tested
	By          string // how it was made
	Warning     string // what to know before believing the score; empty for a split that does not leak
}

// SplitByGroup holds about share of the samples out in whole groups, drawn by seed: no group stands on both sides. Training samples that
// overlap a test sample of the same recording, as where one group ends and the next begins, are left out (WithEmbargo leaves out more). It
// needs two groups.
func SplitByGroup(samples []Sample, share float64, seed uint64) (Split, error) {
	names, members := groupsOf(samples)
	if err := checkShare(share); err != nil {
		return Split{}, err
	}
	if len(names) < 2 {
		return Split{}, fmt.Errorf("split by group: the %d samples have %d groups, must have at least 2: split by time instead", len(samples), len(names))
	}
	rand.New(rand.NewPCG(seed, 0x5911)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	s := Split{By: "group"}
	for i, name := range names {
		if want := share * float64(len(samples)); i+1 < len(names) && (len(s.Test) == 0 || float64(len(s.Test))+float64(len(members[name]))/2 <= want) {
			s.Test = append(s.Test, members[name]...)
		} else {
			s.Train = append(s.Train, members[name]...)
		}
	}
	slices.Sort(s.Train)
	slices.Sort(s.Test)
	return s.apart(samples, 0)
}

// SplitByTime tests on the last share of the samples in time. Samples that end less than embargo before the first test sample begins, or
// overlap it, are left out of both sides, so that no window has a neighbour on the other side.
func SplitByTime(samples []Sample, share float64, embargo int64) (Split, error) {
	if err := checkShare(share); err != nil {
		return Split{}, err
	}
	if embargo < 0 {
		return Split{}, fmt.Errorf("split by time: embargo is %d, must be at least 0", embargo)
	}
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(samples[a].From, samples[b].From) })
	cut := len(order) - wholeShare(share, len(order))
	if cut <= 0 || cut >= len(order) {
		return Split{}, fmt.Errorf("split by time: %d samples cannot hold out a share of %v", len(samples), share)
	}
	border := samples[order[cut]].From
	s := Split{By: "time", Test: slices.Clone(order[cut:])}
	for _, i := range order[:cut] {
		if samples[i].To <= border-embargo {
			s.Train = append(s.Train, i)
		} else {
			s.Out = append(s.Out, i)
		}
	}
	if len(s.Train) == 0 {
		return Split{}, fmt.Errorf("split by time: with an embargo of %d nothing is left to train on before %d", embargo, border)
	}
	slices.Sort(s.Train)
	slices.Sort(s.Test)
	slices.Sort(s.Out)
	return s, nil
}

// SplitAtRandomLeaking draws single samples, whatever their neighbours. Overlapping and neighbouring windows of one recording then stand on
// both sides, and the score flatters; its use is to show by how much (Flatters).
func SplitAtRandomLeaking(samples []Sample, share float64, seed uint64) (Split, error) {
	if err := checkShare(share); err != nil {
		return Split{}, err
	}
	order := rand.New(rand.NewPCG(seed, 0x5911)).Perm(len(samples))
	n := wholeShare(share, len(samples))
	if n == 0 || n == len(samples) {
		return Split{}, fmt.Errorf("random split: %d samples cannot hold out a share of %v", len(samples), share)
	}
	s := Split{By: "random", Test: order[:n], Train: order[n:]}
	slices.Sort(s.Train)
	slices.Sort(s.Test)
	if l := s.Leaks(samples); l > 0 {
		s.Warning = fmt.Sprintf("random split: %d of %d test samples overlap or share a group with training samples; the score flatters, split by group or time", l, n)
	}
	return s, nil
}

// Leaks counts the test samples that share a group with a training sample, or overlap one of the same recording.
func (s Split) Leaks(samples []Sample) int {
	groups := map[string]bool{}
	for _, i := range s.Train {
		groups[samples[i].Group] = true
	}
	near := nearness(samples, s.Train, 0)
	n := 0
	for _, i := range s.Test {
		if t := samples[i]; t.Group != "" && groups[t.Group] || near.holds(t) {
			n++
		}
	}
	return n
}

// Flattery is a score under an honest split and under a leaking one.
type Flattery struct {
	Honest, Random float64
	By             string // the honest split
}

// String says how much the random split flatters.
func (f Flattery) String() string {
	return fmt.Sprintf("score %.4g split by %s, %.4g split at random: the random split differs by %+.4g", f.Honest, f.By, f.Random, f.Random-f.Honest)
}

// Flatters scores the same samples under the honest split and under a leaking random one of the same share; score trains on a split and
// gives its test score.
func Flatters(samples []Sample, honest Split, seed uint64, score func(Split) (float64, error)) (Flattery, error) {
	share := float64(len(honest.Test)) / float64(max(1, len(honest.Test)+len(honest.Train)))
	random, err := SplitAtRandomLeaking(samples, share, seed)
	if err != nil {
		return Flattery{}, err
	}
	f := Flattery{By: honest.By}
	if f.Honest, err = score(honest); err != nil {
		return Flattery{}, fmt.Errorf("score split by %s: %w", honest.By, err)
	}
	if f.Random, err = score(random); err != nil {
		return Flattery{}, fmt.Errorf("score split at random: %w", err)
	}
	return f, nil
}

func groupsOf(samples []Sample) ([]string, map[string][]int) {
	var names []string
	members := map[string][]int{}
	for i, s := range samples {
		if members[s.Group] == nil {
			names = append(names, s.Group)
		}
		members[s.Group] = append(members[s.Group], i)
	}
	return names, members
}

// wholeShare is the share of n, rounded. The conversion keeps the product from being fused into the sum, so that it is the same on every machine.
func wholeShare(share float64, n int) int { return int(float64(share*float64(n)) + 0.5) }

func checkShare(share float64) error {
	if !(share > 0 && share < 1) {
		return fmt.Errorf("split: share held out is %v, must be between 0 and 1", share)
	}
	return nil
}
