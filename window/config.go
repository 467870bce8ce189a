package window

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"crackle/window/filter"
)

// Config says how a stream is conditioned. It is a plain value: equal conditioning has equal [Config.Fingerprint].
type Config struct {
	Channels    []string       `json:"channels"`             // names, in the order in which blocks interleave them
	RateHz      float64        `json:"rate_hz"`              // samples per second and channel
	Filter      *filter.Design `json:"filter,omitempty"`     // nil: the samples pass unfiltered
	Filtered    []string       `json:"filtered,omitempty"`   // channels that the filter is for; none named: all of them
	Length      int            `json:"length"`               // samples per window and channel, 2 or more; with Cycle, points per cycle
	Hop         int            `json:"hop"`                  // samples from one window's start to the next, 1 or more; may exceed Length
	Cycle       *Cycle         `json:"cycle,omitempty"`      // windows are drive cycles
	Event       *Event         `json:"event,omitempty"`      // windows are bursts; not together with Cycle
	Taper       string         `json:"taper,omitempty"`      // for spectra: taper.Names; "" is hann
	Features    []string       `json:"features"`             // package feature
	MaxBridge   int            `json:"max_bridge"`           // longest stretch of bad rows that is bridged; 0 bridges none
	BridgeBy    string         `json:"bridge_by,omitempty"`  // BridgeLinear (the default), BridgeCubic or BridgeLast
	Bad         string         `json:"bad,omitempty"`        // what a longer stretch does: BadBreak (the default) or BadMask
	Saturation  []float64      `json:"saturation,omitempty"` // per channel: magnitude at and above which a sample is saturated; 0, or no list, is none
	ResetAtPart bool           `json:"reset_at_part"`        // a part boundary starts filter and windows anew
}

// How bad samples are filled in, and what happens where there are too many.
const (
	BridgeLinear = "linear" // a straight line between the good neighbours
	BridgeCubic  = "cubic"  // a cubic that goes on with the slope of the last two samples
	BridgeLast   = "last"   // the last good value

	BadBreak = "break" // the filter settles anew, and the windows touched carry the defect
	BadMask  = "mask"  // the last good row is repeated, for up to 65,536 rows, and windows carry Bridged; the feature valid_share tells the network
)

// Samples turns seconds into the nearest whole number of samples at a rate.
func Samples(seconds, rateHz float64) int { return int(math.Round(seconds * rateHz)) }

// Fingerprint is a stable JSON text of the conditioning, with defaults written out: configurations with the same text give the
// same windows.
func (c Config) Fingerprint() string {
	c.Taper = cmp.Or(c.Taper, "hann")
	c.BridgeBy = cmp.Or(c.BridgeBy, BridgeLinear)
	c.Bad = cmp.Or(c.Bad, BadBreak)
	if !slices.ContainsFunc(c.Saturation, func(v float64) bool { return v != 0 }) {
		c.Saturation = nil
	}
	if c.Filter == nil {
		c.Filtered = nil
	} else if len(c.Filtered) == 0 {
		c.Filtered = c.Channels
	}
	b, err := json.Marshal(c)
	if err != nil { // only a number that JSON cannot hold, which New refuses
		return fmt.Sprintf("invalid: %v", err)
	}
	return string(b)
}

// Bounds, so that a slip in the configuration cannot ask for gigabytes.
const (
	maxLength = 1 << 22
	maxWindow = 1 << 26 // of hops, cycles and dead times
)

func (c Config) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("window: "+format, args...)) }
	if len(c.Channels) == 0 {
		bad("no channels: name at least one")
	}
	for i, n := range c.Channels {
		if n == "" {
			bad("channel %d has no name: give one", i)
		} else if slices.Contains(c.Channels[:i], n) {
			bad("channel %q is named twice: names must differ", n)
		}
	}
	if !(c.RateHz > 0) || math.IsInf(c.RateHz, 0) {
		bad("rate_hz is %g: must be a finite number above 0", c.RateHz)
	}
	if c.Length < 2 || c.Length > maxLength {
		bad("length is %d samples: allowed are 2 to %d", c.Length, maxLength)
	}
	if c.Cycle == nil && c.Event == nil && (c.Hop < 1 || c.Hop > maxWindow) {
		bad("hop is %d samples: allowed are 1 to %d", c.Hop, maxWindow)
	}
	if c.MaxBridge < 0 || c.MaxBridge > maxBridge {
		bad("max_bridge is %d samples: allowed are 0 to %d", c.MaxBridge, maxBridge)
	}
	if n := len(c.Saturation); n != 0 && n != len(c.Channels) {
		bad("saturation has %d levels: give one for each of the %d channels, 0 for none", n, len(c.Channels))
	}
	for i, v := range c.Saturation {
		if !(v >= 0) || math.IsInf(v, 0) {
			bad("saturation of channel %d is %g: must be a finite number above 0, or 0 for none", i, v)
		}
	}
	switch c.BridgeBy {
	case "", BridgeLinear, BridgeCubic, BridgeLast:
	default:
		bad("bridge_by is %q: allowed are linear, cubic and last", c.BridgeBy)
	}
	switch c.Bad {
	case "", BadBreak, BadMask:
	default:
		bad("bad is %q: allowed are break and mask", c.Bad)
	}
	for _, n := range c.Filtered {
		if !slices.Contains(c.Channels, n) {
			bad("filtered names %q: the stream has %v", n, c.Channels)
		}
	}
	if c.Cycle != nil && c.Event != nil {
		bad("both cycle and event are given: windows can follow only one; remove the other")
	}
	return errors.Join(append(errs, c.checkCycle(), c.checkEvent())...)
}

func (c Config) checkEvent() error {
	e := c.Event
	switch {
	case e == nil:
		return nil
	case !slices.Contains(c.Channels, e.Channel):
		return fmt.Errorf("window: event.channel is %q: the stream has %v", e.Channel, c.Channels)
	case !(e.Threshold > 0) || math.IsInf(e.Threshold, 0):
		return fmt.Errorf("window: event.threshold is %g: must be a finite number above 0", e.Threshold)
	case e.PreTrigger < 0 || e.PreTrigger >= c.Length:
		return fmt.Errorf("window: event.pre_trigger is %d samples: allowed are 0 to %d, below the window's length", e.PreTrigger, c.Length-1)
	case e.DeadTime < 0 || e.DeadTime > maxWindow:
		return fmt.Errorf("window: event.dead_time is %d samples: allowed are 0 to %d", e.DeadTime, maxWindow)
	}
	return nil
}

func (c Config) checkCycle() error {
	y := c.Cycle
	switch {
	case y == nil:
		return nil
	case !slices.Contains(c.Channels, y.Channel):
		return fmt.Errorf("window: cycle.channel is %q: the stream has %v", y.Channel, c.Channels)
	case !(y.NominalHz > 0) || !(y.NominalHz <= c.RateHz/8) || !(c.RateHz/y.NominalHz <= maxWindow):
		return fmt.Errorf("window: cycle.nominal_hz is %g: must be above 0 and make 8 to %d samples a cycle at %g Hz", y.NominalHz, maxWindow, c.RateHz)
	case math.IsNaN(y.Level) || math.IsInf(y.Level, 0):
		return fmt.Errorf("window: cycle.level is %g: must be a finite number", y.Level)
	case !(y.Hysteresis >= 0) || math.IsInf(y.Hysteresis, 0):
		return fmt.Errorf("window: cycle.hysteresis is %g: must be a finite number, 0 or more", y.Hysteresis)
	case y.HoldOff < 0:
		return fmt.Errorf("window: cycle.hold_off is %d samples: must be 0 or more", y.HoldOff)
	case !(y.Tolerance > 0 && y.Tolerance < 1):
		return fmt.Errorf("window: cycle.tolerance is %g: must lie between 0 and 1, such as 0.1", y.Tolerance)
	case y.Average < 0 || y.Average > 1<<20:
		return fmt.Errorf("window: cycle.average is %d: allowed are 0 to %d", y.Average, 1<<20)
	case y.Against != "" && y.Against != "phase" && y.Against != "field":
		return fmt.Errorf("window: cycle.against is %q: allowed are phase and field", y.Against)
	case y.Against == "field" && !y.Half:
		return errors.New("window: cycle.against is field: a full cycle passes each field twice; set cycle.half")
	}
	return nil
}

// windowRate is the rate at which features see a window's points.
func (c Config) windowRate() float64 {
	if c.Cycle == nil {
		return c.RateHz
	}
	rate := float64(c.Length) * c.Cycle.NominalHz
	if c.Cycle.Half {
		rate *= 2
	}
	return rate
}

// filtered tells for each channel whether the filter is for it.
func (c Config) filtered() []bool {
	out := make([]bool, len(c.Channels))
	for i, n := range c.Channels {
		out[i] = len(c.Filtered) == 0 || slices.Contains(c.Filtered, n)
	}
	return out
}

func (c Config) newCutter() cutter {
	n := len(c.Channels)
	switch {
	case c.Cycle != nil:
		p := newCycles(c, slices.Index(c.Channels, c.Cycle.Channel))
		return newCutter(n, p.span(), p)
	case c.Event != nil:
		e := c.Event
		return newCutter(n, c.Length, &events{channel: slices.Index(c.Channels, e.Channel), threshold: e.Threshold,
			length: uint64(c.Length), pre: uint64(e.PreTrigger), dead: uint64(e.DeadTime)})
	}
	return newCutter(n, c.Length, &grid{uint64(c.Length), uint64(c.Hop)})
}

// maxBridge bounds the rows held back while it is open whether a bad stretch can be bridged.
const maxBridge = 1 << 16
