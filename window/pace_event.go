package window

import "math"

// Event has windows begin where a channel's conditioned magnitude reaches a threshold, instead of on a grid. Each is Config.Length
// samples long, PreTrigger of them before the sample that reached the threshold (fewer when the run, the part or the last window lies
// there). After a window the trigger is armed again at its end, but not before DeadTime has passed since the trigger; a signal
// that is above the threshold then, or at the start, triggers at once.
type Event struct {
	Channel    string  `json:"channel"`     // a name of Config.Channels
	Threshold  float64 `json:"threshold"`   // of the magnitude, above 0
	PreTrigger int     `json:"pre_trigger"` // samples, 0 to Length-1
	DeadTime   int     `json:"dead_time"`   // samples from one trigger to the next at the least
}

type events struct {
	channel   int
	threshold float64
	length    uint64
	pre, dead uint64
	floor     uint64 // a window does not begin before it
	trigger   uint64
	inBreak   bool // held rows are no signal
}

func (e *events) restart(c *cutter) { e.floor = c.end() }

func (e *events) scan(c *cutter) {
	for ; c.scanned < c.end() && !e.inBreak; c.scanned++ {
		if math.Abs(float64(c.row(c.scanned)[e.channel])) < e.threshold {
			continue
		}
		e.trigger = c.scanned
		c.start = max(e.floor, e.trigger-min(e.pre, e.trigger))
		c.stop, c.armed = c.start+e.length, true
		return
	}
}

func (e *events) sent(c *cutter) {
	e.floor = c.stop
	c.scanned = max(c.stop, e.trigger+e.dead)
	c.armed = false
}

func (e *events) oldest(c *cutter) uint64 {
	if c.armed {
		return c.start
	}
	// The trigger may come with the very next row.
	return max(e.floor, c.scanned-min(e.pre, c.scanned))
}

func (e *events) rows(c *cutter) []float32 { return c.between(c.start, c.stop) }

func (e *events) validShare(c *cutter) float64 {
	return float64(c.measured(c.start, c.stop)) / float64(e.length)
}

// lost holds the last row until an event in progress is over; after the break there is no history.
func (e *events) lost(c *cutter, n uint64) {
	to := c.end() + n
	e.inBreak = true
	for c.armed && c.end() < to {
		c.hold(min(to, c.stop) - c.end())
	}
	e.inBreak = false
	if c.armed {
		return
	}
	rearm := max(c.scanned, to)
	c.jump(to)
	c.scanned, e.floor = rearm, to
}
