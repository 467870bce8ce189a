package train

import "math"

// Schedule changes the learning rate between epochs. The zero value keeps it.
type Schedule struct {
	Kind   ScheduleKind
	Every  int     // Step: epochs between drops, default 30. Plateau: epochs without a better loss before a drop, default 5
	Factor float64 // Step and Plateau: multiplies the rate at a drop, default 0.3
	Floor  float64 // lowest share of the initial rate, default 0.01
	Warmup int     // epochs of linear rise at the start, default none
}

// ScheduleKind names a schedule.
type ScheduleKind string

const (
	Constant ScheduleKind = ""
	Cosine   ScheduleKind = "cosine" // half a cosine from the initial rate to the floor over Config.Epochs
	Step     ScheduleKind = "step"
	Plateau  ScheduleKind = "plateau"
)

// pacer follows a schedule.
type pacer struct {
	s       Schedule
	initial float64
	epochs  int
	drops   int
	since   int // epochs since the best loss or the last drop
}

func newPacer(s Schedule, rate float64, epochs int) *pacer {
	if s.Factor == 0 {
		s.Factor = 0.3
	}
	if s.Floor == 0 {
		s.Floor = 0.01
	}
	if s.Every == 0 {
		s.Every = 30
		if s.Kind == Plateau {
			s.Every = 5
		}
	}
	return &pacer{s: s, initial: rate, epochs: epochs}
}

// rate is the learning rate of an epoch counted from 0.
func (p *pacer) rate(epoch int) float64 {
	share := 1.0
	switch p.s.Kind {
	case Cosine:
		share = p.s.Floor + (1-p.s.Floor)*(1+math.Cos(math.Pi*float64(epoch)/float64(max(1, p.epochs))))/2
	case Step:
		share = math.Pow(p.s.Factor, float64(epoch/p.s.Every))
	case Plateau:
		share = math.Pow(p.s.Factor, float64(p.drops))
	}
	if epoch < p.s.Warmup {
		share *= float64(epoch+1) / float64(p.s.Warmup+1)
	}
	return p.initial * max(p.s.Floor, share)
}

// note tells the pacer whether the epoch improved on the best loss.
func (p *pacer) note(better bool) {
	p.since++
	if better {
		p.since = 0
	} else if p.s.Kind == Plateau && p.since >= p.s.Every {
		p.drops++
		p.since = 0
	}
}
