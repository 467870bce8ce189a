package ledger

import (
	"math"

	"crackle/detector"
	"crackle/ingest/block"
)

// fate is what a row is known to be before a window has looked at it.
type fate uint8

const (
	good fate = iota
	missing
	invalid
	saturated
)

// run is a stretch of rows of one kind, up to end.
type run struct {
	end  uint64
	kind fate
}

// mostRuns bounds what is kept of rows that no window has settled. Beyond it a change of kind is left out, and the rows count as the worse one:
// the sums hold, the reasons are coarser.
const mostRuns = 4096

// open is a part whose samples still come, or whose last windows do.
type open struct {
	any     bool
	p       Part
	runs    []run // rows from done on, ends ascending; those before head are settled
	head    int
	done    uint64 // rows before it are settled
	covered uint64 // end of the windows with a score
	touched uint64 // end of those without
	why     Reason // of the newest of these; WarmupOnly: the warm-up at the part's beginning
}

func (o *open) begin(p Part) {
	runs := o.runs[:0]
	*o = open{any: true, p: p, runs: runs, done: p.First}
}

// push lays rows of a kind up to end.
func (o *open) push(kind fate, end uint64) {
	n := len(o.runs)
	switch {
	case n > o.head && o.runs[n-1].kind == kind:
		o.runs[n-1].end = end
	case n-o.head >= mostRuns:
		o.runs[n-1] = run{end, max(o.runs[n-1].kind, kind)}
	default:
		if n == cap(o.runs) && o.head > 0 {
			n = copy(o.runs, o.runs[o.head:])
			o.runs, o.head = o.runs[:n], 0
		}
		o.runs = append(o.runs, run{end, kind})
	}
}

// miss lays rows that never came.
func (o *open) miss(from, to uint64) {
	if !o.any || to <= from {
		return
	}
	o.p.Samples.Expected += to - from
	o.p.Samples.Missing += to - from
	o.push(missing, to)
}

// rows lays a block's rows from one on.
func (a *Account) rows(b *block.Block, skip int) {
	n, s := b.Channels, &a.cur.p.Samples
	s.Expected += uint64(b.Count() - skip)
	s.Received += uint64(b.Count() - skip)
	rows := b.Samples[skip*n:]
	at := b.First + uint64(skip)
	for len(rows) > 0 {
		if k := a.goodPrefix(rows, n); k > 0 {
			at += uint64(k)
			a.cur.push(good, at)
			rows = rows[k*n:]
		}
		for len(rows) > 0 {
			kind := a.kind(rows[:n])
			if kind == good {
				break
			}
			if kind == invalid {
				s.Invalid++
			} else {
				s.Saturated++
			}
			at++
			a.cur.push(kind, at)
			rows = rows[n:]
		}
	}
}

// beyond is the magnitude above which a sample cannot be a measurement, as the conditioner has it.
const beyond = 1e30

// goodPrefix counts the rows before the first bad one.
func (a *Account) goodPrefix(rows []float32, n int) int {
	if len(a.cfg.Saturation) == 0 {
		for i, v := range rows {
			if !(v < beyond && v > -beyond) {
				return i / n
			}
		}
		return len(rows) / n
	}
	for i := 0; i < len(rows); i += n {
		if a.kind(rows[i:i+n]) != good {
			return i / n
		}
	}
	return len(rows) / n
}

func (a *Account) kind(row []float32) fate {
	worst := good
	for ch, v := range row {
		if !(v < beyond && v > -beyond) {
			return invalid
		}
		if ch < len(a.cfg.Saturation) {
			if level := a.cfg.Saturation[ch]; level > 0 && math.Abs(float64(v)) >= level {
				worst = saturated
			}
		}
	}
	return worst
}

// window takes a window's score. Windows come in the order of their beginnings, so that what lies before one is settled.
func (o *open) window(s *detector.Score) {
	if s.First == s.End { // the mark that a part is over carries no samples
		return
	}
	w := &o.p.Windows
	o.settle(max(s.First, o.p.First))
	if s.Reason == detector.WarmingUp && w.Total == 0 { // later in a part it follows a break, and is a loss
		w.Warmup++
		o.touched, o.why = s.End, WarmupOnly
		return
	}
	w.Total++
	if s.Reason&detector.Reference != 0 {
		o.p.Flags |= ReferencePart
		return
	}
	if s.Verdict == detector.NotAssessed {
		o.touched, o.why = s.End, lostBy(s.Reason)
		return
	}
	w.Scored++
	o.covered = max(o.covered, s.End)
	o.p.Limit = Value(s.Limit)
	if s.Verdict == detector.Alarm {
		w.Above++
	}
	if !(s.Value <= float64(o.p.Peak)) {
		o.p.Peak = Value(s.Value)
	}
}

func lostBy(why detector.Reason) Reason {
	switch {
	case why&detector.Learning != 0:
		return LostLearning
	case why&detector.ScoreInvalid != 0:
		return LostNotNumber
	case why&detector.Frozen != 0:
		return LostFrozen
	}
	return LostSpoiled
}

// settle books the rows before an index, of which no further window can tell.
func (o *open) settle(to uint64) {
	for o.done < to && o.head < len(o.runs) {
		r := o.runs[o.head]
		end := min(r.end, to)
		o.book(o.done, end, r.kind)
		o.done = end
		if end == r.end {
			o.head++
		}
	}
	if o.head == len(o.runs) {
		o.runs, o.head = o.runs[:0], 0
	}
}

func (o *open) book(from, to uint64, kind fate) {
	s := &o.p.Samples
	if looked := min(to, o.covered); looked > from {
		if kind == good {
			s.Scored += looked - from
		} else {
			s.Bridged += looked - from
		}
		from = looked
	}
	n := to - from
	switch kind {
	case missing:
		s.Lost.Missing += n
	case invalid:
		s.Lost.Invalid += n
	case saturated:
		s.Lost.Saturated += n
	default:
		if t := min(to, o.touched); t > from {
			o.unscored(t - from)
			n = to - t
		}
		s.Outside += n
	}
}

// unscored books good rows of windows without a score.
func (o *open) unscored(n uint64) {
	s := &o.p.Samples
	switch o.why {
	case WarmupOnly:
		s.Warmup += n
	case LostLearning:
		s.Lost.Learning += n
	case LostNotNumber:
		s.Lost.NotNumber += n
	case LostFrozen:
		s.Lost.Frozen += n
	default:
		s.Lost.Spoiled += n
	}
}

// close settles what is left. More outside of windows than a part may leave there is a loss.
func (o *open) close(cfg *Config) {
	o.any = false
	o.settle(o.p.End)
	s := &o.p.Samples
	if rest := cfg.Rest; !cfg.Events && s.Outside > rest && o.p.Flags&ReferencePart == 0 {
		s.Lost.Unwindowed += s.Outside - rest
		s.Outside = rest
	}
}
