package config

import (
	"regexp"
	"slices"
	"strings"
)

// ofChannel stands in the units of features for the unit of the channel.
var ofChannel = regexp.MustCompile(`\bx\b`)

// FeatureUnits are the units of the features named, with a channel's own unit in the place of x where a feature is of one channel that has one. It leaves
// units as it is.
func (s *Stream) FeatureUnits(names, units []string) []string {
	out := slices.Clone(units)
	for j, name := range names {
		channel, _, _ := strings.Cut(name, ".")
		i := slices.Index(s.Channels, channel)
		if j < len(out) && i >= 0 && i < len(s.Units) && s.Units[i] != "" {
			out[j] = ofChannel.ReplaceAllLiteralString(out[j], s.Units[i])
		}
	}
	return out
}
