package app

import (
	"crackle/cmd/crackle/config"
	"crackle/detector"
)

// pupil collects what a stream is to learn from, up to the amount that its learn table asks for. It belongs to the stream's goroutine.
type pupil struct {
	cfg     config.Learn
	rateHz  float64
	lesson  *detector.Lesson
	samples float64
	parts   int
	handed  bool
	rounds  int // lessons that turned out too short, and this one
}

func newPupil(cfg config.Learn, rateHz float64) *pupil {
	return &pupil{cfg: cfg, rateHz: rateHz, lesson: &detector.Lesson{}, rounds: 1}
}

func (p *pupil) heard(samples int) { p.samples += float64(samples) }

func (p *pupil) partEnded() { p.parts++ }

// full reports, until hand, that enough has been collected.
func (p *pupil) full() bool {
	if p.handed {
		return false
	}
	switch {
	case p.cfg.Parts > 0:
		return p.parts >= p.rounds*p.cfg.Parts
	case p.cfg.Windows > 0:
		return p.lesson.Rows() >= p.rounds*p.cfg.Windows
	default:
		return p.samples >= float64(p.rounds)*p.cfg.Seconds*p.rateHz
	}
}

// hand gives the lesson away; nothing is added to it until it comes back.
func (p *pupil) hand() *detector.Lesson {
	p.handed = true
	return p.lesson
}

// again takes back a lesson that did not do, to add as much to it as the learn table asks for.
func (p *pupil) again() {
	p.handed = false
	switch have := p.rounds; {
	case p.cfg.Parts > 0: // what came meanwhile was not collected
		p.parts = have * p.cfg.Parts
	case p.cfg.Windows == 0:
		p.samples = float64(have) * p.cfg.Seconds * p.rateHz
	}
	p.rounds++
	p.lesson.Break()
}
