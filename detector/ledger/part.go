package ledger

import (
	"math"

	"crackle/detector"
)

// DefaultCoverage is the share of a part's windows that must be scored before it can be called ok.
const DefaultCoverage = 0.99

// Part is the account of one part on one stream.
type Part struct {
	Stream  string
	Run     uint64
	Part    string
	Lot     string
	First   uint64  // sample index of the first window's first sample
	End     uint64  // one past the last window's last sample
	Windows int     // windows that came, those left out that warmed up filter and network at the part's start
	Scored  int     // of them, with a score
	Warmup  int     // windows that warmed up filter and network at the part's start
	Above   int     // windows above the limit
	Peak    float64 // highest score
	Limit   float64
	Reasons detector.Reason // why windows were not assessed
	Alarmed bool            // an alarm was raised on this part
	Cut     bool            // its beginning was not seen, so that nobody knows how much of it is missing
}

// Verdict is Alarm when an alarm was raised, OK when the part was seen from its beginning and at least coverage of its windows were scored,
// else NotAssessed.
func (p *Part) Verdict(coverage float64) detector.Verdict {
	switch {
	case p.Alarmed:
		return detector.Alarm
	case !p.Cut && p.Scored > 0 && float64(p.Scored) >= coverage*float64(p.Windows):
		return detector.OK
	default:
		return detector.NotAssessed
	}
}

// Open accounts for the part that is under way on one stream. The zero value is ready; it is for one goroutine.
type Open struct {
	part Part
	any  bool
}

// Add books s and returns the account of a part that s shows to be over: the part before s when s is of another part or run, else the part
// that s itself ends. A stream without part marks has one part, "", that ends with its run.
func (o *Open) Add(s *detector.Score) (ended Part, over bool) {
	if o.any && (s.Run != o.part.Run || s.Part != o.part.Part || s.Lot != o.part.Lot) {
		ended, over = o.part, true
		o.any = false
	}
	if !o.any {
		o.part = Part{Stream: s.Stream, Run: s.Run, Part: s.Part, Lot: s.Lot, First: s.First, Peak: math.NaN()}
		o.any = true
	}
	o.part.book(s)
	if s.PartEnd && !over {
		ended, over = o.part, true
		o.any = false
	}
	return ended, over
}

// Alarm marks the open part as alarmed when it is the one named.
func (o *Open) Alarm(run uint64, part string) {
	if o.any && o.part.Run == run && o.part.Part == part {
		o.part.Alarmed = true
	}
}

// Current is the part under way; ok is false before the first score.
func (o *Open) Current() (p Part, ok bool) { return o.part, o.any }

func (p *Part) book(s *detector.Score) {
	p.End = max(p.End, s.End)
	if s.First == s.End { // the mark that a part is over carries no samples
		return
	}
	if s.Reason == detector.WarmingUp && p.Windows == 0 { // later in a part it follows a break, and is a loss
		p.Warmup++
		return
	}
	p.Windows++
	p.Reasons |= s.Reason
	if s.Verdict == detector.NotAssessed {
		return
	}
	p.Scored++
	p.Limit = s.Limit
	if s.Verdict == detector.Alarm {
		p.Above++
	}
	if !(s.Value <= p.Peak) {
		p.Peak = s.Value
	}
}
