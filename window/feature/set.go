package feature

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"crackle/window/taper"
)

// Config says what windows a set will see.
type Config struct {
	Channels []string // names, in the order in which samples are interleaved
	RateHz   float64  // samples per second and channel
	Length   int      // samples per channel in a window
	Taper    string   // for what comes from a spectrum: one of taper.Names, "" is hann
	List     []string // see the package comment
}

// Set is a parsed feature list with the scratch to compute it. It is not safe for concurrent use.
type Set struct {
	frame    *Frame
	measures []measure
	widths   []int
	names    []string
	units    []string
	out      []float64
}

// New parses a feature list. It reports every mistake of the list at once, joined.
func New(cfg Config) (*Set, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Set{}
	if err := s.addAll(cfg, s.build); err != nil {
		return nil, err
	}
	frame, err := newFrame(cfg)
	if err != nil {
		return nil, err
	}
	s.frame, s.out = frame, make([]float64, len(s.names))
	return s, nil
}

// Names lists what New's Set would name its outputs, and fails where New does, without the memory to compute them: of a window of n samples New keeps
// some 28 n bytes per channel, and Names at most what one entry needs of its own, for one channel.
func Names(cfg Config) ([]string, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Set{}
	if err := s.addAll(cfg, s.announce()); err != nil {
		return nil, err
	}
	if _, err := taper.New(cfg.Taper, 2); err != nil {
		return nil, err
	}
	return s.names, transformable(cfg.Length)
}

func (cfg Config) check() error {
	switch {
	case len(cfg.Channels) == 0:
		return errors.New("feature: no channels: name at least one")
	case len(cfg.List) == 0:
		return errors.New("feature: the feature list is empty: name at least one, such as rms")
	case cfg.Length < 2:
		return fmt.Errorf("feature: window of %d samples: must be 2 or more", cfg.Length)
	case !(cfg.RateHz > 0) || math.IsInf(cfg.RateHz, 0):
		return fmt.Errorf("feature: rate %g Hz: must be a finite number above 0", cfg.RateHz)
	}
	return nil
}

// addAll takes the list in, each entry of each channel through build.
func (s *Set) addAll(cfg Config, build buildFunc) error {
	var errs []error
	for _, text := range cfg.List {
		if err := add(cfg, text, build); err != nil {
			errs = append(errs, err)
		}
	}
	seen := make(map[string]bool, len(s.names))
	for _, n := range s.names {
		if seen[n] {
			errs = append(errs, fmt.Errorf("feature %q is listed twice: remove one", n))
		}
		seen[n] = true
	}
	return errors.Join(errs...)
}

// buildFunc takes in the entry text for one channel, or for several; name is the entry's name with its channel.
type buildFunc func(kind Kind, b builder, text, name string) error

func add(cfg Config, text string, build buildFunc) error {
	e, err := parse(text)
	if err != nil {
		return err
	}
	kind := registry[e.name]
	if multi[e.name] {
		if e.channel != "" {
			return fmt.Errorf("feature %q: %s spans channels: name them as arguments, not before the dot", text, e.name)
		}
		return build(kind, builder{cfg: cfg, args: e.args, names: e.names}, text, e.text)
	}
	if e.channel != "" {
		c := slices.Index(cfg.Channels, e.channel)
		if c < 0 {
			return fmt.Errorf("feature %q: no channel %q: the stream has %v", text, e.channel, cfg.Channels)
		}
		return build(kind, builder{cfg, c, e.args, e.names}, text, e.channel+"."+e.text)
	}
	for c, channel := range cfg.Channels {
		if err := build(kind, builder{cfg, c, e.args, e.names}, text, channel+"."+e.text); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) build(kind Kind, b builder, text, name string) error {
	m, outs, err := kind.make(b, text)
	if err != nil {
		return err
	}
	s.name(name, outs)
	s.measures, s.widths = append(s.measures, m), append(s.widths, len(outs))
	return nil
}

// announce gives a build function that only names. What a feature of one channel gives is the same for every channel, so that it is made once.
func (s *Set) announce() buildFunc {
	made := map[string][]output{}
	return func(kind Kind, b builder, text, name string) error {
		outs, ok := made[text]
		if !ok {
			var err error
			if _, outs, err = kind.make(b, text); err != nil {
				return err
			}
			made[text] = outs
		}
		s.name(name, outs)
		return nil
	}
}

// make gives a measure of the entry text and what it puts out.
func (k Kind) make(b builder, text string) (measure, []output, error) {
	m, err := k.build(b)
	if err != nil {
		return nil, nil, fmt.Errorf("feature %q: %s(%s): %w", text, k.Name, k.Args, err)
	}
	if v, ok := m.(several); ok {
		return m, v.outputs(), nil
	}
	return m, []output{{"", k.Unit}}, nil
}

// name notes the outputs of an entry.
func (s *Set) name(name string, outs []output) {
	for _, o := range outs {
		full := name
		if o.suffix != "" {
			full += "." + o.suffix
		}
		s.names, s.units = append(s.names, full), append(s.units, o.unit)
	}
}

// Len is the number of outputs.
func (s *Set) Len() int { return len(s.names) }

// Names names the outputs, in order. The caller must not change it.
func (s *Set) Names() []string { return s.names }

// Units gives the outputs' units, with x for the unit of the channel and 1 for a pure number. The caller must not change it.
func (s *Set) Units() []string { return s.units }

// Compute reduces one window, Length rows of interleaved channels, to Len numbers in dst, which it returns. A nil dst is
// allocated, any other must have length Len. Nothing else is allocated. It fails when the window has another length.
func (s *Set) Compute(dst, window []float32) ([]float32, error) {
	if err := s.frame.load(window); err != nil {
		return dst, err
	}
	if dst == nil {
		dst = make([]float32, len(s.names))
	}
	if len(dst) != len(s.names) {
		return dst, fmt.Errorf("feature: dst has length %d: must be %d", len(dst), len(s.names))
	}
	at := 0
	for i, m := range s.measures {
		out := s.out[at : at+s.widths[i]]
		m.measure(out, s.frame)
		for j, v := range out {
			dst[at+j] = tame(v)
		}
		at += s.widths[i]
	}
	return dst, nil
}

// tame keeps a result inside float32.
func tame(v float64) float32 {
	switch {
	case v != v:
		return 0
	case v > math.MaxFloat32:
		return math.MaxFloat32
	case v < -math.MaxFloat32:
		return -math.MaxFloat32
	}
	return float32(v)
}
