package filter

import (
	"fmt"
	"math"
)

// Family is the approximation that a design follows.
type Family string

// Kind is the band that a design lets through or stops.
type Kind string

const (
	Butterworth Family = "butterworth" // flat pass band
	Chebyshev1  Family = "chebyshev1"  // ripple in the pass band
	Chebyshev2  Family = "chebyshev2"  // ripple in the stop band
	Elliptic    Family = "elliptic"    // ripple in both, steepest
	Bessel      Family = "bessel"      // flat group delay, normalised by phase

	LowPass  Kind = "lowpass"
	HighPass Kind = "highpass"
	BandPass Kind = "bandpass"
	BandStop Kind = "bandstop"
	Notch    Kind = "notch" // one frequency; Family and Order are not used, Q is
)

// MaxOrder is the highest order of a low-pass prototype that Sections accepts; a band filter has twice as many poles.
const MaxOrder = 24

// Design names a filter. The zero value is not a filter.
//
// Order is that of the low-pass prototype, as in SciPy: a band-pass of order 4 has 8 poles, in 4 sections.
type Design struct {
	Family   Family    `json:"family,omitempty" toml:"family"`
	Kind     Kind      `json:"kind" toml:"kind"`
	Order    int       `json:"order,omitempty" toml:"order"`
	EdgesHz  []float64 `json:"edges_hz" toml:"edges_hz"`                       // one for lowpass, highpass and notch, two rising for bandpass and bandstop
	RippleDB float64   `json:"ripple_db,omitempty" toml:"ripple_db,omitempty"` // pass-band ripple, chebyshev1 and elliptic, > 0
	StopDB   float64   `json:"stop_db,omitempty" toml:"stop_db,omitempty"`     // stop-band attenuation, chebyshev2 and elliptic, > 0
	Q        float64   `json:"q,omitempty" toml:"q,omitempty"`                 // notch: frequency over width at -3 dB, > 0
}

// Sections designs the filter for a sampling rate: an analogue prototype of cut-off 1, shifted to the edges (pre-warped) and
// carried over by the bilinear transform, then paired into second-order sections by the rule of SciPy's zpk2sos ("nearest").
// The result is the one of scipy.signal.iirfilter(..., output="sos"), or iirnotch for a notch, to rounding.
//
// It fails when a key is out of its range, when an edge lies at or above half the rate, when float64 sections of this order would not
// have the response that was asked for (to 1e-6 of its maximum), and when rounding in them would reach 1e-7 of the largest output.
func (d Design) Sections(rateHz float64) (Sections, error) {
	if err := d.check(rateHz); err != nil {
		return nil, err
	}
	if d.Kind == Notch {
		s := notch(d.EdgesHz[0], d.Q, rateHz)
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("filter: notch at %g Hz, q %g, at %g Hz: %w", d.EdgesHz[0], d.Q, rateHz, err)
		}
		return s, nil
	}
	proto, err := d.prototype()
	if err != nil {
		return nil, err
	}
	band := d.warp(rateHz)
	s := band.transform(proto).bilinear(prewarpRate).sections()
	if err := s.verify(proto, band, d.EdgesHz, rateHz); err != nil {
		return nil, fmt.Errorf("filter: %s %s of order %d, edges %g Hz at %g Hz: %w", d.Family, d.Kind, d.Order, d.EdgesHz, rateHz, err)
	}
	return s, nil
}

func (d Design) prototype() (zpk, error) {
	switch d.Family {
	case Butterworth:
		return butterworth(d.Order), nil
	case Chebyshev1:
		return chebyshev1(d.Order, d.RippleDB), nil
	case Chebyshev2:
		return chebyshev2(d.Order, d.StopDB), nil
	case Elliptic:
		f, err := elliptic(d.Order, d.RippleDB, d.StopDB)
		if err != nil {
			err = fmt.Errorf("filter: elliptic of order %d, ripple_db %g, stop_db %g: %w", d.Order, d.RippleDB, d.StopDB, err)
		}
		return f, err
	case Bessel:
		return bessel(d.Order), nil
	}
	return zpk{}, fmt.Errorf("filter: family %q is not known: use butterworth, chebyshev1, chebyshev2, elliptic or bessel", d.Family)
}

func (d Design) check(rateHz float64) error {
	if !(rateHz > 0) || math.IsInf(rateHz, 0) {
		return fmt.Errorf("filter: rate %g Hz: must be a finite number above 0", rateHz)
	}
	edges := 1
	switch d.Kind {
	case LowPass, HighPass, Notch:
	case BandPass, BandStop:
		edges = 2
	default:
		return fmt.Errorf("filter: kind %q is not known: use lowpass, highpass, bandpass, bandstop or notch", d.Kind)
	}
	if len(d.EdgesHz) != edges {
		return fmt.Errorf("filter: %s has %d edges_hz: give %d", d.Kind, len(d.EdgesHz), edges)
	}
	for _, f := range d.EdgesHz {
		if !(f > 0) {
			return fmt.Errorf("filter: band edge %g Hz: must be above 0", f)
		}
		if f >= rateHz/2 {
			return fmt.Errorf("filter: band edge %g Hz is at or above half the rate (%g Hz of %g Hz): lower the edge or sample faster", f, rateHz/2, rateHz)
		}
	}
	if edges == 2 && d.EdgesHz[0] >= d.EdgesHz[1] {
		return fmt.Errorf("filter: band edges %g and %g Hz: the first must be below the second", d.EdgesHz[0], d.EdgesHz[1])
	}
	return d.checkShape(rateHz)
}

func (d Design) checkShape(rateHz float64) error {
	positive := func(key string, v float64) error {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("filter: %s is %g: a %s filter needs a finite number above 0", key, v, d.Family)
		}
		return nil
	}
	if d.Kind == Notch {
		if !(d.Q > 0) || math.IsInf(d.Q, 0) {
			return fmt.Errorf("filter: q is %g: a notch needs a finite number above 0, such as 30", d.Q)
		}
		if width := d.EdgesHz[0] / d.Q; !(width < rateHz/2) {
			return fmt.Errorf("filter: a notch at %g Hz with q %g is %g Hz wide: must be below half the rate, %g Hz; raise q", d.EdgesHz[0], d.Q, width, rateHz/2)
		}
		return nil
	}
	if d.Order < 1 || d.Order > MaxOrder {
		return fmt.Errorf("filter: order %d: allowed are 1 to %d", d.Order, MaxOrder)
	}
	if d.Family == Chebyshev1 || d.Family == Elliptic {
		if err := positive("ripple_db", d.RippleDB); err != nil {
			return err
		}
	}
	if d.Family == Chebyshev2 || d.Family == Elliptic {
		if err := positive("stop_db", d.StopDB); err != nil {
			return err
		}
	}
	if d.Family == Elliptic && d.StopDB <= d.RippleDB {
		return fmt.Errorf("filter: stop_db %g must be above ripple_db %g", d.StopDB, d.RippleDB)
	}
	return nil
}

// notch is the second-order notch of Orfanidis, Introduction to Signal Processing, 1996, eq. 11.3.21, as in SciPy's iirnotch.
func notch(f0, q, rateHz float64) Sections {
	w := 2 * math.Pi * f0 / rateHz
	gain := 1 / (1 + math.Tan(w/q/2))
	c := math.Cos(w)
	return Sections{{gain, -2 * gain * c, gain, 1, -2 * gain * c, 2*gain - 1}}
}
