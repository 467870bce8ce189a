package rate

import "math"

// Check compares a nominal rate with the samples counted against the publisher's wall clock. It is not safe for concurrent use.
type Check struct {
	NominalHz float64
	AtLeastNS int64 // span before there is a verdict; 0 is 10 s

	any     bool
	run     uint64
	index   uint64
	startNS int64
	spanNS  int64
	rows    uint64
}

// Observe takes the run, index and wall time of a block's first sample. Another run, or a clock or index that steps back, starts anew.
func (c *Check) Observe(run, index uint64, timeNS int64) {
	if !c.any || run != c.run || index < c.index+c.rows || timeNS < c.startNS+c.spanNS {
		c.any, c.run, c.index, c.startNS, c.spanNS, c.rows = true, run, index, timeNS, 0, 0
		return
	}
	c.spanNS, c.rows = timeNS-c.startNS, index-c.index
}

// Deviation is the measured rate over the nominal one, less 1, and whether the span observed is long enough to say so. A clock that is read to 1 ms
// bounds it to 1e-4 after 10 s.
func (c *Check) Deviation() (deviation float64, ok bool) {
	least := c.AtLeastNS
	if least == 0 {
		least = 10e9
	}
	if c.spanNS < least || c.spanNS == 0 || !(c.NominalHz > 0) || math.IsInf(c.NominalHz, 0) {
		return 0, false
	}
	return float64(c.rows)/(float64(c.spanNS)/1e9)/c.NominalHz - 1, true
}
