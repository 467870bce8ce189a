package ledger

// Reason says why a part is not assessed; bits add up.
type Reason uint32

const (
	NoSamples     Reason = 1 << iota // the part has none
	BeginUnseen                      // it was joined in its middle
	EndUnseen                        // the publisher started anew in its middle
	LostMissing                      // too little was scored, and samples are missing
	LostInvalid                      // ... are no numbers
	LostSaturated                    // ... are out of range
	LostSpoiled                      // ... are in windows touched by a defect
	LostLearning                     // ... came while no model was in service
	LostFrozen                       // ... came from a frozen signal
	LostNotNumber                    // ... were scored as NaN or infinite
	LostWindows                      // ... are in no window, or windows were left out
	BorderLost                       // samples missing before its first one may be its own
	WarmupOnly                       // the warm-up did not finish
	TooShort                         // no window found place, or no event came
	Exchanged                        // the stream's settings were exchanged in its middle
	ReferencePart                    // it is a reference part, which a chart of its own judges and no model
	NotStored                        // it came while the store refused what was sent, and cannot be looked at again

	reasons = iota
)

var words = [reasons]string{
	"no samples", "its beginning was not seen", "its end was not seen", "samples missing", "samples that are not numbers", "samples out of range",
	"windows touched by a defect", "no model in service", "the signal is frozen", "scores that are not numbers", "samples in no window",
	"samples missing at its border", "the warm-up did not finish", "no window in it", "the stream's settings were exchanged in its middle", "a reference part, judged by its own chart", "not stored: the store refused it",
}

// Words says each reason in words, in the order of the bits; empty when there is none.
func (r Reason) Words() []string {
	out := []string{}
	for i, w := range words {
		if r&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return out
}
