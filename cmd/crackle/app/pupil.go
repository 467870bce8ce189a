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
}

func newPupil(cfg config.Learn, rateHz float64) *pupil {
	return &pupil{cfg: cfg, rateHz: rateHz, lesson: &detector.Lesson{}}
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
		return p.parts >= p.cfg.Parts
	case p.cfg.Windows > 0:
		return p.lesson.Rows() >= p.cfg.Windows
	default:
		return p.samples >= p.cfg.Seconds*p.rateHz
	}
}

// hand gives the lesson away; nothing is added to it afterwards.
func (p *pupil) hand() *detector.Lesson {
	p.handed = true
	return p.lesson
}
