package rate

import "math"

const (
	checkLeastNS  = 10e9 // signal seen before there is a verdict
	checkMemoryNS = 60e9 // what is older counts half, a quarter and so on
	checkJitterNS = 20e6 // by which a clock may be read too late
	checkShortNS  = 5e9  // a shorter stretch is not counted: clocks that are read too late at its ends would be a tenth of a per cent or more of it
)

// Check compares a nominal rate with the samples counted against the publisher's wall clock. Only stretches of consecutive blocks count: a
// publisher that stops between parts, or whose clock is set, measures no other rate. What is off by more than half is taken for such a pause,
// so that deviations up to a half are seen. It is not safe for concurrent use.
type Check struct {
	NominalHz float64
	AtLeastNS int64 // signal seen before there is a verdict; 0 is 10 s

	any     bool
	run     uint64
	first   uint64 // of the newest block
	end     uint64
	timeNS  int64
	spanNS  float64 // by the publisher's clock, over all stretches
	rows    float64 // counted meanwhile
	newNS   float64 // of the stretch under way, while it is short
	newRows float64
	long    bool // it is not any more
}

// Observe takes a block's run, first index, one past its last, the wall time of its first sample, and whether a part begins with it, before which a
// publisher may have waited for a moment. A gap, a pause, and a clock that is set end a stretch, and so does a block without a time (0); what was
// measured in it stays. Another run starts anew.
func (c *Check) Observe(run, first, end uint64, timeNS int64, begins bool) {
	if run != c.run {
		*c = Check{NominalHz: c.NominalHz, AtLeastNS: c.AtLeastNS}
	}
	rows, took := float64(first-c.first), float64(timeNS-c.timeNS)
	due := rows / c.NominalHz * 1e9
	slack := due/2 + checkJitterNS
	if begins {
		slack = due/20 + checkJitterNS/4
	}
	if c.any && first == c.end && took >= 0 && math.Abs(took-due) <= slack {
		c.count(took, rows)
	} else {
		c.newNS, c.newRows, c.long = 0, 0, false
	}
	c.any, c.run, c.first, c.end, c.timeNS = timeNS != 0, run, first, end, timeNS
}

func (c *Check) count(took, rows float64) {
	c.newNS += took
	c.newRows += rows
	if c.long = c.long || c.newNS >= checkShortNS; !c.long {
		return
	}
	c.spanNS, c.newNS = c.spanNS+c.newNS, 0
	c.rows, c.newRows = c.rows+c.newRows, 0
	if c.spanNS > 2*checkMemoryNS {
		c.spanNS, c.rows = c.spanNS/2, c.rows/2
	}
}

// Deviation is the measured rate over the nominal one, less 1, and whether enough was seen to say so. A clock that is read to 1 ms bounds it to
// 1e-4 after 10 s.
func (c *Check) Deviation() (deviation float64, ok bool) {
	least := float64(c.AtLeastNS)
	if least == 0 {
		least = checkLeastNS
	}
	if c.spanNS < least || !(c.NominalHz > 0) || math.IsInf(c.NominalHz, 0) {
		return 0, false
	}
	return c.rows/(c.spanNS/1e9)/c.NominalHz - 1, true
}
