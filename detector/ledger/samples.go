package ledger

// Samples says what became of a part's samples, per channel, in the publisher's count. Two sums hold to the sample:
//
//	Expected = Received + Missing
//	Expected = Scored + Bridged + Warmup + Outside + Lost.Total()   (once the part is over)
//
// Duplicated, Late, Reordered, Dropped and Doubtful stand outside of both.
type Samples struct {
	Expected  uint64 `json:"expected"`  // by the publisher's counter, from the part's first sample to its last
	Received  uint64 `json:"received"`  // came, in time and for the first time
	Missing   uint64 `json:"missing"`   // did not
	Invalid   uint64 `json:"invalid"`   // of Received: NaN, infinite or beyond 1e30 in any channel
	Saturated uint64 `json:"saturated"` // of Received, and not Invalid: at or beyond a channel's range

	Scored  uint64 `json:"scored"`  // measured, and in a window that has a score
	Bridged uint64 `json:"bridged"` // missing, invalid or saturated, filled in, and in a window that has a score
	Warmup  uint64 `json:"warmup"`  // at the part's beginning, while filter and network find their footing
	Outside uint64 `json:"outside"` // in no window, by design: the rest at the part's ends, or between events; all of a reference part
	Lost    Lost   `json:"lost"`

	Duplicated uint64 `json:"duplicated"` // came again
	Late       uint64 `json:"late"`       // came after their place had been given up; counted as Missing
	Reordered  uint64 `json:"reordered"`  // came behind later ones and were put in their place; of Received
	Dropped    uint64 `json:"dropped"`    // came and were pushed out of a full queue; counted as Missing
	Doubtful   uint64 `json:"doubtful"`   // missing before the part's first sample and counted in the part before; may be this part's
}

// Lost are the samples that no window with a score has seen, by the first reason that holds.
type Lost struct {
	Missing    uint64 `json:"missing"`    // they never came
	Invalid    uint64 `json:"invalid"`    // they are no numbers
	Saturated  uint64 `json:"saturated"`  // they are out of range
	Spoiled    uint64 `json:"spoiled"`    // good themselves, in windows touched by one of the above, or settling after it
	Learning   uint64 `json:"learning"`   // no model was in service
	Frozen     uint64 `json:"frozen"`     // window after window measured the same
	NotNumber  uint64 `json:"not_number"` // the score came out as NaN or infinite
	Unwindowed uint64 `json:"unwindowed"` // in no window, more than there should be
}

// Total is the sum of all.
func (l *Lost) Total() uint64 {
	return l.Missing + l.Invalid + l.Saturated + l.Spoiled + l.Learning + l.Frozen + l.NotNumber + l.Unwindowed
}

func (l *Lost) add(o *Lost) {
	l.Missing += o.Missing
	l.Invalid += o.Invalid
	l.Saturated += o.Saturated
	l.Spoiled += o.Spoiled
	l.Learning += o.Learning
	l.Frozen += o.Frozen
	l.NotNumber += o.NotNumber
	l.Unwindowed += o.Unwindowed
}

// Pending is the number of samples whose fate is not settled yet: 0 when the part is over.
func (s *Samples) Pending() uint64 {
	return s.Expected - s.Scored - s.Bridged - s.Warmup - s.Outside - s.Lost.Total()
}

// Add sums up two accounts.
func (s *Samples) Add(o *Samples) {
	s.Expected += o.Expected
	s.Received += o.Received
	s.Missing += o.Missing
	s.Invalid += o.Invalid
	s.Saturated += o.Saturated
	s.Scored += o.Scored
	s.Bridged += o.Bridged
	s.Warmup += o.Warmup
	s.Outside += o.Outside
	s.Lost.add(&o.Lost)
	s.Duplicated += o.Duplicated
	s.Late += o.Late
	s.Reordered += o.Reordered
	s.Dropped += o.Dropped
	s.Doubtful += o.Doubtful
}

// Windows counts a part's windows.
type Windows struct {
	Total   int `json:"total"`   // sent, those of the warm-up at the part's beginning left out
	Scored  int `json:"scored"`  // of them, with a score
	Above   int `json:"above"`   // of these, above the limit
	Warmup  int `json:"warmup"`  // of the warm-up at the part's beginning
	Skipped int `json:"skipped"` // not sent: wholly in a break, or cycles of an unlikely length
}
