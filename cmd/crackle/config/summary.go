package config

import (
	"fmt"

	"crackle/window"
)

// Summary is what a stream's configuration comes to.
type Summary struct {
	SettlingS   float64 // for which windows after a fresh start count as settling; 0 without a filter
	Windows     string  // what a window is, as in "200 samples" or "drive cycles"
	WindowS     float64 // length of a window
	WindowsPerS float64
	Upper       bool // WindowsPerS is the most that there can be: it depends on the signal
	Numbers     int  // in the feature vector
}

// Summary works out what the stream comes to. The stream must be of a Config that Load, Parse or Validate accepted; else it may fail.
func (s *Stream) Summary() (Summary, error) {
	names, _, err := s.MinChanges()
	if err != nil {
		return Summary{}, err
	}
	out := Summary{Numbers: len(names)}
	if s.Filter.Kind != "none" {
		// The filter alone decides, so the conditioner is made for windows of two samples.
		c, err := window.New(window.Config{Channels: []string{"x"}, RateHz: s.ConditionedHz(), Filter: s.Conditioning().Filter, Length: 2, Hop: 1, Features: []string{"rms"}})
		if err != nil {
			return Summary{}, err
		}
		out.SettlingS = float64(c.Settling()) / s.ConditionedHz()
	}
	length, hop := s.Window.Samples(s.ConditionedHz())
	switch y := s.Window.Cycle; {
	case y.On():
		kind := "drive cycles"
		if y.Half {
			kind = "half drive cycles"
		}
		if y.AverageCycles > 1 {
			kind = fmt.Sprintf("means of %d %s", y.AverageCycles, kind)
		}
		out.Windows = fmt.Sprintf("%s of %s in %d points", kind, y.Channel, y.Points)
		out.WindowsPerS = y.perSecond() / float64(y.AverageCycles)
		out.WindowS = 1 / out.WindowsPerS
	case s.Window.Event.On():
		out.Windows = fmt.Sprintf("events of %s, %d samples", s.Window.Event.Channel, length)
		out.WindowsPerS, out.Upper = s.ConditionedHz()/float64(max(length, s.Window.Event.deadTime(s.ConditionedHz()))), true
		out.WindowS = float64(length) / s.ConditionedHz()
	default:
		out.Windows = fmt.Sprintf("%d samples", length)
		out.WindowsPerS, out.WindowS = s.ConditionedHz()/float64(hop), float64(length)/s.ConditionedHz()
	}
	return out, nil
}

// String says it in a line, for people.
func (s Summary) String() string {
	filter := "no filter"
	if s.SettlingS > 0 {
		filter = "the filter settles in " + seconds(s.SettlingS)
	}
	most := ""
	if s.Upper {
		most = "at most "
	}
	many := "numbers"
	if s.Numbers == 1 {
		many = "number"
	}
	return fmt.Sprintf("%s; windows: %s (%s), %s%.4g a second; %d %s in each", filter, s.Windows, seconds(s.WindowS), most, s.WindowsPerS, s.Numbers, many)
}

// seconds prints a time to four digits in the unit that suits it.
func seconds(v float64) string {
	switch {
	case v < 1e-3:
		return fmt.Sprintf("%.4g µs", v*1e6)
	case v < 1:
		return fmt.Sprintf("%.4g ms", v*1e3)
	}
	return fmt.Sprintf("%.4g s", v)
}
