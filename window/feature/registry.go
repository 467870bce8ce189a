package feature

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind describes a feature that a list may name.
type Kind struct {
	Name  string
	Args  string // names of the numeric arguments, as in "lo_hz, hi_hz"; empty when there are none
	Unit  string // of its value, with x for the unit of the channel, as in "ln x"; 1 for a pure number
	About string // one line: what it measures and by which formula
	build func(b builder) (measure, error)
}

// measure computes one entry's numbers into dst, which has exactly the length that the entry announced.
type measure interface {
	measure(dst []float64, w *Frame)
}

// output is one number of an entry: the suffix after the entry's own name, empty for a single number, and its unit.
type output struct{ suffix, unit string }

// several is implemented by a measure that gives more than one number, or whose unit is not its Kind's.
type several interface {
	outputs() []output
}

// builder is what a feature knows when it is made.
type builder struct {
	cfg     Config
	channel int // for a single-channel feature
	args    []float64
	names   []string // channel names given as arguments
}

// scalar is a feature of one channel that gives one number.
type scalar struct {
	channel int
	of      func(c *Channel) float64
}

func (s scalar) measure(dst []float64, w *Frame) { dst[0] = s.of(&w.Channels[s.channel]) }

var registry = map[string]Kind{}

// multi holds the names of the features that span channels.
var multi = map[string]bool{}

func register(k Kind) bool {
	registry[k.Name] = k
	return true
}

// registerMulti adds a feature that takes several channels, named as arguments or else the first ones.
func registerMulti(k Kind) bool {
	multi[k.Name] = true
	return register(k)
}

// simple registers a feature of one channel without arguments.
func simple(name, unit, about string, of func(c *Channel) float64) bool {
	return register(Kind{Name: name, Unit: unit, About: about, build: func(b builder) (measure, error) {
		if len(b.args)+len(b.names) > 0 {
			return nil, fmt.Errorf("takes no arguments")
		}
		return scalar{b.channel, of}, nil
	}})
}

// Catalogue lists every feature by name.
func Catalogue() []Kind {
	out := slices.Collect(maps.Values(registry))
	slices.SortFunc(out, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return out
}
