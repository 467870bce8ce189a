package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"crackle/window/feature"
)

// featureSets checks the tables [features.NAME] as far as they do not depend on a stream.
func (r *report) featureSets(sets map[string]FeatureSet) {
	r.sets, r.setBad = sets, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		at := keyPath{"features", name}
		if r.opaque[at.id()] {
			continue
		}
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
		for i, entry := range sets[name].List {
			r.setEntry(at, name, entry, slices.Contains(sets[name].List[:i], entry))
		}
	}
}

// setEntry checks one entry of a set by itself.
func (r *report) setEntry(at keyPath, set, entry string, twice bool) {
	_, isSet := r.sets[entry]
	switch known := slices.Contains(featureWords(), featureWord(entry)); {
	case twice:
		r.addItem(at, literal(entry)+" twice", "each feature once", "take one of them out")
	case isSet && !known:
		r.addItem(at, "the set "+literal(entry)+" in a set", featureNames(), "write the features of that set out, or list both sets in the stream")
	case !known:
		r.unknownFeature(at, entry, nil)
	default:
		_, sure, err := anyStream().names(entry)
		if err == nil || !sure {
			return
		}
		r.addItem(at, literal(entry)+" ("+why(entry, err)+")", "what the feature takes", "correct the entry, or take it out")
	}
	if !twice {
		r.setBad[set+"\x00"+entry] = true
	}
}

// listing is what a stream's feature list comes to, as far as that can be told.
type listing struct {
	known    []string        // names that min_change may use
	isKnown  map[string]bool // them
	words    []string        // the feature of each entry
	unsure   []string        // the feature of each entry whose numbers are not known, because of a mistake in it or elsewhere
	whole    bool            // all entries could be read
	channels bool            // known names the stream's channels
}

func (r *report) features(s *Stream, t keyPath) listing {
	f, at := &s.Features, t.with("list")
	if len(f.List) == 0 && !r.fragment {
		r.add(at, "no feature", "at least one of "+featureNames(), "list what is to be measured in each window")
	}
	l := r.featureList(s, at)
	r.minChange(f, t.with("min_change"), l)
	return l
}

// featureList checks each entry by making it.
func (r *report) featureList(s *Stream, at keyPath) listing {
	try := r.trial(s, at[:2])
	l := listing{whole: len(s.Features.List) > 0 && !r.fragment && !r.partial[at.id()], channels: try.channels, isKnown: map[string]bool{}}
	seen := map[string]bool{}
	for _, listed := range s.Features.List {
		set, isSet := r.sets[listed]
		if isSet {
			list := keyPath{"features", listed, "list"}
			l.whole = l.whole && len(set.List) > 0 && !r.partial[list.id()]
		}
		for i, entry := range expandSets([]string{listed}, r.sets) {
			if isSet && slices.Contains(set.List[:i], entry) {
				continue // said of the set
			}
			l.words = append(l.words, featureWord(entry))
			own, ok := r.entry(&l, at, listed, entry, try)
			if !ok {
				l.unsure = append(l.unsure, featureWord(entry))
				continue
			}
			if i := slices.IndexFunc(own, func(name string) bool { return seen[name] }); i >= 0 {
				r.addItem(at, "the feature "+literal(own[i])+" twice", "each feature once", "take "+literal(listed)+" out, or name its channel")
			}
			for _, name := range own {
				seen[name] = true
			}
			for _, name := range append([]string{entry}, own...) {
				if !l.isKnown[name] {
					l.isKnown[name] = true
					l.known = append(l.known, name)
				}
			}
		}
	}
	return l
}

// entry gives the numbers of an entry; ok is false when they are not known.
func (r *report) entry(l *listing, at keyPath, listed, entry string, try trial) (names []string, ok bool) {
	if r.setBad[listed+"\x00"+entry] {
		return nil, false // said of the set
	}
	if !slices.Contains(featureWords(), featureWord(entry)) {
		r.unknownFeature(at, entry, r.sets)
		if nearest(featureWord(entry), slices.Collect(maps.Keys(r.sets))) != "" {
			l.whole = false // it may stand for all of that set
		}
		return nil, false
	}
	names, sure, err := try.names(entry)
	if err == nil {
		return names, true
	}
	if sure {
		r.featureError(at, listed, entry, err)
	}
	return nil, false
}

// minChange checks the tolerances, and that each is for a number of the list.
func (r *report) minChange(f *Features, at keyPath, l listing) {
	r.atLeast(at, f.MinChange.All, 0, " in the features' unit", "write the tolerance, or 0 for none")
	for _, name := range slices.Sorted(maps.Keys(f.MinChange.By)) {
		r.atLeast(at.with(name), f.MinChange.By[name], 0, " in the feature's unit", "write the tolerance, or 0 for none")
		word, allowed, near := featureWord(name), "", ""
		switch {
		case l.isKnown[name]:
			continue
		case !l.whole && slices.Contains(featureWords(), word), l.whole && !l.channels && slices.Contains(l.words, word), l.whole && nearest(word, l.unsure) != "":
			continue // it may be right when the list is
		case !l.whole || len(l.known) == 0:
			allowed, near = featureNames(), nearest(word, featureWords())
		default:
			allowed, near = alternatives(l.known), nearest(name, l.known)
		}
		do := "add the feature to features.list, or take the tolerance out"
		if near != "" {
			do = "write " + literal(near) + ", if that is what is meant"
		}
		r.addItem(at.with(name), "a tolerance for a feature that is not in the list", allowed, do)
	}
}

// why is what package feature says of an entry, without the entry.
func why(entry string, err error) string {
	return strings.TrimPrefix(err.Error(), fmt.Sprintf("feature %q: ", entry))
}

// featureError reports an entry that cannot be made. It is listed as itself, or stands in the set that is listed.
func (r *report) featureError(at keyPath, listed, entry string, err error) {
	found, do := literal(entry), "correct the entry, or take it out"
	if listed != entry {
		found, do = literal(entry)+" of the set "+literal(listed), "list the features that fit this stream in place of the set, or correct the set"
	}
	r.addItem(at, found+" ("+why(entry, err)+")", "what this stream's channels, rate and window can give", do)
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
