package feature

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// entry is one parsed string of a feature list.
type entry struct {
	text    string // normalised: name(arg, arg)
	channel string // empty: every channel
	name    string
	args    []float64
	names   []string
}

// parse reads [channel.]name[(arg, arg)].
func parse(s string) (entry, error) {
	head, args, hasArgs := strings.Cut(strings.TrimSpace(s), "(")
	e := entry{name: strings.TrimSpace(head)}
	// A channel's name may hold dots; the feature's never does.
	if i := strings.LastIndexByte(e.name, '.'); i >= 0 {
		e.channel, e.name = e.name[:i], e.name[i+1:]
		if e.channel == "" {
			return e, fmt.Errorf("feature %q: the channel before the dot is empty: write channel.name or name", s)
		}
	}
	if _, ok := registry[e.name]; !ok {
		return e, fmt.Errorf("feature %q: %q is not known: use one of %s", s, e.name, strings.Join(slices.Sorted(maps.Keys(registry)), ", "))
	}
	e.text = e.name
	if !hasArgs {
		return e, nil
	}
	args, ok := strings.CutSuffix(args, ")")
	if !ok {
		return e, fmt.Errorf("feature %q: the closing bracket is missing", s)
	}
	var parts []string
	for a := range strings.SplitSeq(args, ",") {
		a = strings.TrimSpace(a)
		if v, err := strconv.ParseFloat(a, 64); err == nil && v-v == 0 {
			e.args = append(e.args, v)
			a = strconv.FormatFloat(v, 'g', -1, 64)
		} else if a == "" {
			return e, fmt.Errorf("feature %q: an argument is empty: give a number or a channel, or leave the brackets out", s)
		} else {
			e.names = append(e.names, a)
		}
		parts = append(parts, a)
	}
	e.text += "(" + strings.Join(parts, ",") + ")"
	return e, nil
}
