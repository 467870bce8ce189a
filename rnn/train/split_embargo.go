package train

import (
	"cmp"
	"fmt"
	"slices"
)

// WithEmbargo leaves out the training samples that begin or end less than embargo from a test sample of the same recording; 0 leaves out those
// that overlap one. It is for a split by group whose recordings run on from one group to the next; time is in the unit of Sample.From. The
// error says that nothing is left to train on.
func (s Split) WithEmbargo(samples []Sample, embargo int64) (Split, error) {
	if embargo < 0 {
		return Split{}, fmt.Errorf("split by %s: embargo is %d, must be at least 0", s.By, embargo)
	}
	return s.apart(samples, embargo)
}

func (s Split) apart(samples []Sample, embargo int64) (Split, error) {
	near := nearness(samples, s.Test, embargo)
	train := make([]int, 0, len(s.Train))
	out := slices.Clone(s.Out)
	for _, i := range s.Train {
		if near.holds(samples[i]) {
			out = append(out, i)
		} else {
			train = append(train, i)
		}
	}
	if len(train) == 0 {
		return Split{}, fmt.Errorf("split by %s: with an embargo of %d nothing is left to train on: the groups stand too close in their recordings", s.By, embargo)
	}
	slices.Sort(out)
	s.Train, s.Out = train, out
	return s, nil
}

// recording is where windows can be neighbours.
type recording struct{ name, group string }

func (s Sample) recording() recording {
	if s.Recording != "" {
		return recording{name: s.Recording}
	}
	return recording{group: s.Group}
}

// span is from first to one past the last.
type span struct{ from, to int64 }

// nearby holds, per recording, disjoint spans in ascending order.
type nearby map[recording][]span

// nearness gathers the samples listed, each widened by embargo on both sides.
func nearness(samples []Sample, list []int, embargo int64) nearby {
	n := nearby{}
	for _, i := range list {
		s := samples[i]
		n[s.recording()] = append(n[s.recording()], span{s.From - embargo, s.To + embargo})
	}
	for r, spans := range n {
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
		merged := spans[:1]
		for _, s := range spans[1:] {
			if last := &merged[len(merged)-1]; s.from < last.to {
				last.to = max(last.to, s.to)
			} else {
				merged = append(merged, s)
			}
		}
		n[r] = merged
	}
	return n
}

// holds reports whether a sample overlaps one of the spans of its recording.
func (n nearby) holds(s Sample) bool {
	spans := n[s.recording()]
	// The first span that ends after the sample begins.
	at, _ := slices.BinarySearchFunc(spans, s.From, func(x span, from int64) int {
		if x.to <= from {
			return -1
		}
		return 1
	})
	return at < len(spans) && spans[at].from < s.To
}
