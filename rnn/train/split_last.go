package train

import (
	"cmp"
	"fmt"
	"slices"
)

// SplitLastGroups holds the last share of the groups out, at least one, in the order in which they begin: what was made later is judged by
// what was made before, and no group stands on both sides. Training samples nearer than embargo to a test sample of the same recording are
// left out, as in WithEmbargo. It needs two groups, and one clock for all recordings.
func SplitLastGroups(samples []Sample, share float64, embargo int64) (Split, error) {
	if err := checkShare(share); err != nil {
		return Split{}, err
	}
	names, members := groupsOf(samples)
	if len(names) < 2 {
		return Split{}, fmt.Errorf("split by last groups: the %d samples have %d groups, must have at least 2: split by time instead", len(samples), len(names))
	}
	begin := map[string]int64{}
	for name, list := range members {
		begin[name] = samples[list[0]].From
		for _, i := range list {
			begin[name] = min(begin[name], samples[i].From)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(begin[a], begin[b]) })
	held := min(len(names)-1, max(1, wholeShare(share, len(names))))
	s := Split{By: "last groups"}
	for k, name := range names {
		if k < len(names)-held {
			s.Train = append(s.Train, members[name]...)
		} else {
			s.Test = append(s.Test, members[name]...)
		}
	}
	slices.Sort(s.Train)
	slices.Sort(s.Test)
	return s.WithEmbargo(samples, embargo)
}
