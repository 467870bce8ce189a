package feature

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// numbers checks that exactly the named numeric arguments and no channels were given, each above 0.
func (b builder) numbers(names ...string) error {
	if len(b.names) > 0 {
		return fmt.Errorf("takes no channel: %q is not a number", b.names[0])
	}
	return b.positive(names...)
}

func (b builder) positive(names ...string) error {
	if len(b.args) != len(names) {
		return fmt.Errorf("%d numbers were given: give %d (%s)", len(b.args), len(names), strings.Join(names, ", "))
	}
	for i, v := range b.args {
		if !(v > 0) {
			return fmt.Errorf("%s is %g: must be above 0", names[i], v)
		}
	}
	return nil
}

// channels finds exactly n channels given as arguments.
func (b builder) channelArgs(what ...string) ([]int, error) {
	if len(b.names) != len(what) {
		return nil, fmt.Errorf("%d channels were given: give %d (%s) of %v", len(b.names), len(what), strings.Join(what, ", "), b.cfg.Channels)
	}
	out := make([]int, len(what))
	for i, n := range b.names {
		if out[i] = slices.Index(b.cfg.Channels, n); out[i] < 0 {
			return nil, fmt.Errorf("no channel %q: the stream has %v", n, b.cfg.Channels)
		}
	}
	return out, nil
}

// samples turns a duration into a whole number of samples, at least 1 and at most the window.
func (b builder) samples(what string, seconds float64) (int, error) {
	n := math.Round(seconds * b.cfg.RateHz)
	if !(n <= float64(b.cfg.Length)) {
		return 0, fmt.Errorf("%s is %g s, %g samples: the window has %d", what, seconds, n, b.cfg.Length)
	}
	return max(int(n), 1), nil
}

// outputsOf makes an output list from suffixes and units in turn.
func outputsOf(pairs ...string) []output {
	out := make([]output, len(pairs)/2)
	for i := range out {
		out[i] = output{pairs[2*i], pairs[2*i+1]}
	}
	return out
}
