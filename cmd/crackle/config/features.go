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
	set, err := feature.New(feature.Config{Channels: s.Channels, RateHz: s.Window.featureRate(s.RateHz), Length: length, Taper: s.Window.Taper, List: []string{entry}})
	if err != nil {
		return nil, err
	}
	return set.Names(), nil
}

// featureSets checks the tables [features.NAME] as far as they do not depend on a stream.
func (r *report) featureSets(sets map[string]FeatureSet) {
	r.sets = sets
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		at := keyPath{"features", name}
		switch {
		case !r.name(at, name):
		case strings.Contains(name, "."):
			r.add(at, "the name "+literal(name), "a name without dots, since in a list what stands before the dot is a channel", "rename the set")
		case slices.Contains(featureWords(), name):
			r.add(at, "the name of a feature", "a name that is no feature's", "rename the set")
		}
		at = at.with("list")
		if len(sets[name].List) == 0 && !r.fragment {
			r.add(at, "no feature", "at least one of "+featureNames(), "list what belongs to the set")
		}
		for _, entry := range sets[name].List {
			if isFeature := slices.Contains(featureWords(), featureWord(entry)); isFeature {
				continue
			}
			if _, is := sets[entry]; is {
				r.addItem(at, "the set "+literal(entry)+" in a set", featureNames(), "write the features of that set out, or list both sets in the stream")
			} else {
				r.unknownFeature(at, entry, nil)
			}
		}
	}
}

func (r *report) features(s *Stream, t keyPath) {
	f, at := &s.Features, t.with("list")
	if len(f.List) == 0 && !r.fragment {
		r.add(at, "no feature", "at least one of "+featureNames(), "list what is to be measured in each window")
	}
	known := []string{}
	if r.measurable(s, t[:2]) {
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

// measurable reports whether all that features depend on is in order.
func (r *report) measurable(s *Stream, stream keyPath) bool {
	window := stream.with("window")
	if !r.rateKnown(s, stream) || !r.good(stream, "channels") || !r.good(window, "taper") {
		return false
	}
	if s.Window.Cycle.On() {
		return r.good(window.with("cycle"), "nominal_hz", "half", "points")
	}
	return r.good(window, "length", "length_s")
}

// featureList checks each entry by making it, and returns the names that min_change may use; none when they depend on a set with a mistake.
func (r *report) featureList(s *Stream, at keyPath) (known []string) {
	var names []string
	for _, listed := range s.Features.List {
		if _, is := r.sets[listed]; is && r.anyBadUnder(keyPath{"features", listed}.id()) {
			defer func() { known = nil }()
			continue
		}
		for _, entry := range expandSets([]string{listed}, r.sets) {
			own, err := s.outputs(entry)
			if err != nil {
				r.featureError(at, listed, entry, err)
				continue
			}
			for _, name := range own {
				if slices.Contains(names, name) {
					r.add(at, "the feature "+literal(name)+" twice", "each feature once", "take "+literal(listed)+" out, or name its channel")
				}
			}
			names = append(names, own...)
			known = append(known, entry)
			if !slices.Contains(own, entry) {
				known = append(known, own...)
			}
		}
	}
	return known
}

// featureError reports an entry that cannot be made. It is listed as itself, or stands in the set that is listed.
func (r *report) featureError(at keyPath, listed, entry string, err error) {
	if !slices.Contains(featureWords(), featureWord(entry)) {
		r.unknownFeature(at, entry, r.sets)
		return
	}
	why := strings.TrimPrefix(err.Error(), fmt.Sprintf("feature %q: ", entry))
	found, do := literal(entry), "correct the entry, or take it out"
	if listed != entry {
		found, do = literal(entry)+" of the set "+literal(listed), "list the features that fit this stream in place of the set, or correct the set"
	}
	r.addItem(at, found+" ("+why+")", "what this stream's channels, rate and window can give", do)
}

// unknownFeature reports an entry that names no feature. A stream may list the sets, too.
func (r *report) unknownFeature(at keyPath, entry string, sets map[string]FeatureSet) {
	word := featureWord(entry)
	if _, is := sets[word]; is {
		r.addItem(at, literal(entry), "a set's name alone", "write "+literal(word)+", and channels inside the set")
		return
	}
	allowed, words := featureNames(), featureWords()
	if len(sets) > 0 {
		names := slices.Sorted(maps.Keys(sets))
		allowed, words = "the set "+alternatives(names)+", or "+allowed, append(words, names...)
	}
	do := "choose one of them"
	if near := nearest(word, words); near != "" {
		do = "write " + literal(near) + ", if that is what is meant"
	}
	r.addItem(at, literal(entry), allowed, do)
}

// featureWord is the feature's name in an entry [channel.]name[(arguments)].
func featureWord(entry string) string {
	word, _, _ := strings.Cut(entry, "(")
	return strings.TrimSpace(word[strings.LastIndexByte(word, '.')+1:])
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
