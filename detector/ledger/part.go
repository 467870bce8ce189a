package ledger

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"crackle/detector"
)

// DefaultCoverage is the share of a part's samples that must be scored before it can be called ok.
const DefaultCoverage = 0.99

// Value is a number that JSON shows as null when it is not finite.
type Value float64

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) {
	if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*v = Value(math.NaN())
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	*v = Value(f)
	return err
}

// Part is the account of one part on one stream.
type Part struct {
	Stream string    `json:"stream"`
	Run    uint64    `json:"run,string"`
	Part   string    `json:"part"` // empty: of a stream without parts, or between two of them
	Lot    string    `json:"lot"`
	First  uint64    `json:"first"` // sample index of its first sample
	End    uint64    `json:"end"`   // one past its last
	From   time.Time `json:"from"`  // by the publisher's clock
	To     time.Time `json:"to"`
	RateHz float64   `json:"rate_hz"`
	Model  string    `json:"model,omitempty"` // hash of the model in service when it was over

	Samples  Samples `json:"samples"`
	Windows  Windows `json:"windows"`
	Peak     Value   `json:"peak"`     // highest score; NaN without one
	Limit    Value   `json:"limit"`    // that the newest score was held against; NaN without one
	Coverage float64 `json:"coverage"` // share of the samples that were scored, of those that should have been
	Needed   float64 `json:"needed"`   // the share that ok needs

	Verdict detector.Verdict `json:"verdict"`
	Reasons []string         `json:"reasons"` // why it is not assessed, or would not be but for the alarm
	Alarmed bool             `json:"alarmed"` // an alarm was raised on it

	Estimates []Estimate `json:"estimates,omitempty"` // what heads answer

	Flags Reason `json:"-"` // what is known beside the numbers; Judge adds what follows from these
}

// ID names the part for good: its stream, run and first sample.
func (p *Part) ID() string { return fmt.Sprintf("%s/%016x/%d", p.Stream, p.Run, p.First) }

// Judge settles Coverage, Verdict and Reasons. The verdict is Alarm when an alarm was raised; OK when the part was seen from its beginning to
// its end and at least the share needed of its samples, and of its windows, were scored; else NotAssessed. The
// samples of the warm-up at the part's beginning and those outside of any window by design are not expected to be scored.
func (p *Part) Judge(needed float64) {
	s, w := &p.Samples, &p.Windows
	p.Needed = needed
	p.Coverage = 0
	if base := s.Expected - min(s.Expected, s.Warmup+s.Outside) + s.Doubtful; base > 0 {
		p.Coverage = float64(s.Scored) / float64(base)
	}
	why := p.Flags
	if why&ReferencePart == 0 && (p.Coverage < needed || float64(w.Scored) < needed*float64(w.Total+w.Skipped) || w.Scored == 0) {
		why |= p.shortfall()
	}
	p.Reasons = why.Words()
	switch {
	case p.Alarmed:
		p.Verdict = detector.Alarm
	case why == 0:
		p.Verdict = detector.OK
	default:
		p.Verdict = detector.NotAssessed
	}
}

// shortfall says why too little was scored; it is never 0.
func (p *Part) shortfall() (why Reason) {
	s, w := &p.Samples, &p.Windows
	if s.Expected == 0 {
		return NoSamples
	}
	for _, x := range []struct {
		n uint64
		r Reason
	}{
		{s.Lost.Missing, LostMissing}, {s.Lost.Invalid, LostInvalid}, {s.Lost.Saturated, LostSaturated}, {s.Lost.Spoiled, LostSpoiled},
		{s.Lost.Learning, LostLearning}, {s.Lost.Frozen, LostFrozen}, {s.Lost.NotNumber, LostNotNumber}, {s.Lost.Unwindowed, LostWindows},
		{s.Doubtful, BorderLost}, {uint64(w.Skipped), LostWindows},
	} {
		if x.n > 0 {
			why |= x.r
		}
	}
	switch {
	case why != 0:
	case s.Bridged > 0:
		why = LostMissing
	case s.Warmup > 0:
		why = WarmupOnly
	default:
		why = TooShort
	}
	return why
}
