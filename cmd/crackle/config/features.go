package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"crackle/window/feature"
)

// MinChanges gives the name of every number in the stream's feature vector, and its tolerance. A key of min_change is the name of one
// number (current_a.rms), or an entry of the list (rms), which stands for all the numbers that the entry gives.
func (s *Stream) MinChanges() (names []string, tolerance []float64, err error) {
	for _, entry := range s.Features.List {
		own, err := s.outputs(entry)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range own {
			v := s.Features.MinChange.All
			if by, ok := s.Features.MinChange.By[entry]; ok {
				v = by
			}
			if by, ok := s.Features.MinChange.By[name]; ok {
				v = by
			}
			names, tolerance = append(names, name), append(tolerance, v)
		}
	}
	return names, tolerance, nil
}

// outputs names the numbers that one entry of the feature list gives.
func (s *Stream) outputs(entry string) ([]string, error) {
	length, _ := s.Window.Samples(s.RateHz)
	set, err := feature.New(feature.Config{Channels: s.Channels, RateHz: s.RateHz, Length: length, Taper: s.Window.Taper, List: []string{entry}})
	if err != nil {
		return nil, err
	}
	return set.Names(), nil
}

func (r *report) features(s *Stream, t keyPath) {
	f, at := &s.Features, t.with("list")
	if len(f.List) == 0 && !r.fragment {
		r.add(at, "no feature", "at least one of "+featureNames(), "list what is to be measured in each window")
	}
	known := []string{}
	stream := t[:2]
	if r.good(stream, "rate_hz", "channels") && r.good(stream.with("window"), "length", "length_s", "taper") && s.RateHz > 0 {
		known = r.featureList(s, at)
	}
	at = t.with("min_change")
	r.atLeast(at, f.MinChange.All, 0, " in the features' unit", "write the tolerance, or 0 for none")
	for _, name := range slices.Sorted(maps.Keys(f.MinChange.By)) {
		r.atLeast(at.with(name), f.MinChange.By[name], 0, " in the feature's unit", "write the tolerance, or 0 for none")
		if !slices.Contains(known, name) && len(known) > 0 && r.good(t, "list") {
			do := "add the feature to features.list, or take the tolerance out"
			if near := nearest(name, known); near != "" {
				do = "write " + literal(near) + ", if that is what is meant"
			}
			r.add(at.with(name), "a tolerance for a feature that is not in the list", alternatives(known), do)
		}
	}
}

// featureList checks each entry by making it, and returns the names that min_change may use.
func (r *report) featureList(s *Stream, at keyPath) (known []string) {
	var names []string
	for _, entry := range s.Features.List {
		own, err := s.outputs(entry)
		if err != nil {
			r.featureError(at, entry, err)
			continue
		}
		for _, name := range own {
			if slices.Contains(names, name) {
				r.add(at, "the feature "+literal(name)+" twice", "each feature once", "take "+literal(entry)+" out, or name its channel")
			}
		}
		names = append(names, own...)
		known = append(known, entry)
		if !slices.Contains(own, entry) {
			known = append(known, own...)
		}
	}
	return known
}

// featureError reports an entry that cannot be made.
func (r *report) featureError(at keyPath, entry string, err error) {
	words := featureWords()
	bare, _, _ := strings.Cut(entry, "(")
	bare = bare[strings.LastIndexByte(bare, '.')+1:]
	if slices.Contains(words, bare) {
		why := strings.TrimPrefix(err.Error(), fmt.Sprintf("feature %q: ", entry))
		r.addItem(at, literal(entry)+" ("+why+")", "what this stream's channels, rate and window can give", "correct the entry, or take it out")
		return
	}
	do := "choose one of them"
	if near := nearest(bare, words); near != "" {
		do = "write " + literal(near) + ", if that is what is meant"
	}
	r.addItem(at, literal(entry), featureNames(), do)
}

func featureWords() []string {
	var words []string
	for _, k := range feature.Catalogue() {
		words = append(words, k.Name)
	}
	return words
}

func featureNames() string {
	return strings.Join(featureWords(), ", ") + ", each alone or as channel.feature"
}
