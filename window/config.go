package window

import (
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
	Length      int            `json:"length"`               // samples per window and channel, 2 or more
	Hop         int            `json:"hop"`                  // samples from one window's start to the next, 1 or more; may exceed Length
	Taper       string         `json:"taper,omitempty"`      // for spectra: taper.Names; "" is hann
	Features    []string       `json:"features"`             // package feature
	MaxBridge   int            `json:"max_bridge"`           // longest stretch of bad rows that is bridged; 0 bridges none
	Saturation  []float64      `json:"saturation,omitempty"` // per channel: magnitude at and above which a sample is saturated; 0, or no list, is none
	ResetAtPart bool           `json:"reset_at_part"`        // a part boundary starts filter and windows anew
}

// Fingerprint is a stable JSON text of the conditioning: equal for two configurations exactly when they give the same windows
// by construction, with the same defaults written out.
func (c Config) Fingerprint() string {
	if c.Taper == "" {
		c.Taper = "hann"
	}
	if !slices.ContainsFunc(c.Saturation, func(v float64) bool { return v != 0 }) {
		c.Saturation = nil
	}
	b, err := json.Marshal(c)
	if err != nil { // only a number that JSON cannot hold, which New refuses
		return fmt.Sprintf("invalid: %v", err)
	}
	return string(b)
}

// maxWindow bounds Length and Hop, so that a slip in the configuration cannot ask for gigabytes.
const maxWindow = 1 << 26

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
	if c.Length < 2 || c.Length > maxWindow {
		bad("length is %d samples: allowed are 2 to %d", c.Length, maxWindow)
	}
	if c.Hop < 1 || c.Hop > maxWindow {
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
	return errors.Join(errs...)
}

// maxBridge bounds the rows held back while it is open whether a bad stretch can be bridged.
const maxBridge = 1 << 16
