package detector

// Verdict is what is said of a window or a part.
type Verdict uint8

const (
	NotAssessed Verdict = iota // the zero value: nothing is good until it has been looked at
	OK
	Alarm
)

// String is the verdict as people read it.
func (v Verdict) String() string {
	switch v {
	case OK:
		return "ok"
	case Alarm:
		return "alarm"
	default:
		return "not assessed"
	}
}

// Reason says why a window is not assessed; bits add up.
type Reason uint16

const (
	WarmingUp    Reason = 1 << iota // the members have not yet seen enough of this part
	Learning                        // no model in service yet
	SignalDefect                    // the window's samples were missing, invalid, saturated or settling
	ScoreInvalid                    // the score came out as NaN or Inf
	Frozen                          // window after window measures the same to the last bit: a dead or stuck sensor
	Reference                       // of a reference part, which a chart of its own judges
)

// Regime says how a stream stands to the level it was taught.
type Regime uint8

const (
	Steady     Regime = iota // at the known level, or in alarm away from it
	Recovering               // on the way back from an episode and not settled yet; still counts as alarm
	NewRegime                // settled for long at another level: no alarm, until a person accepts it or the known one returns
)

// String is the regime as people read it.
func (r Regime) String() string {
	switch r {
	case Recovering:
		return "recovering"
	case NewRegime:
		return "new regime"
	default:
		return "steady"
	}
}

// Cause is one feature that stood out in a window.
type Cause struct {
	Feature  int     // position in the model's feature list
	Name     string  // as in the feature list
	Unit     string  // of the feature, as in the model
	Got      float64 // measured, in the feature's unit
	Expected float64 // what would not have stood out: by the member that spoke, from the past
	Share    float64 // of the score, 0 to 1
}

// Score is the detector's word on one window. It is a plain value: copying it shares nothing that changes.
type Score struct {
	Stream  string
	Run     uint64
	First   uint64 // sample index of the window's first sample
	End     uint64 // one past its last
	TimeNS  int64  // wall-time annotation of sample End-1, ns since 1970 UTC
	Part    string
	Lot     string
	PartEnd bool    // the last window of its part
	Value   float64 // calibrated; NaN when not assessed
	Raw     float64 // of the member that spoke, in its own units; NaN when not assessed
	Limit   float64
	Verdict Verdict
	Reason  Reason
	Member  string // which member spoke; empty when none did
	Regime  Regime
	Top     [3]Cause // largest Share first; Share 0 marks an unused place
}
