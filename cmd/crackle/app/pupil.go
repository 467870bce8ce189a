package app

import (
	"context"
	"time"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/rnn/train"
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

// teach makes a model of a lesson, keeps it in a file and with the store, and hands it to run. A lesson that does not do is given back to be added to.
func (s *stream) teach(ctx context.Context, lesson *detector.Lesson) {
	started := time.Now()
	m, seen, err := s.learn(ctx, lesson)
	if err == nil {
		err = SaveModel(ModelPath(s.app.config(), &s.cfg), m)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.status.trouble(err.Error())
			s.log.Error("learning failed; it is tried again with as much more of the signal", "err", err)
			s.untaught <- struct{}{}
		}
		return
	}
	for _, f := range seen.Findings {
		if f.Level == inspect.Warning {
			s.log.Warn("the signal that was learnt from", "about", f.About, "finding", f.Text)
		}
	}
	s.log.Info("learnt what is normal", "took", time.Since(started).Round(time.Millisecond), "windows", lesson.Rows(), "parts", lesson.Parts())
	s.app.keepLearnt(ctx, s, m, seen)
	select {
	case s.models <- m:
	case <-ctx.Done():
	}
}

// learn looks at what a lesson holds and makes a model of it with the stream's settings.
func (s *stream) learn(ctx context.Context, lesson *detector.Lesson) (*detector.Model, *inspect.Report, error) {
	seen, err := inspectLesson(&s.cfg, s.chain, lesson)
	if err != nil {
		return nil, nil, err
	}
	if !seen.Teachable {
		return nil, seen, refusal(s.cfg.Name, seen, nil)
	}
	how, err := Teaching(&s.cfg, s.chain.Conditioner, s.app.version)
	if err != nil {
		return nil, seen, err
	}
	if s.app.onLearn != nil {
		how.Progress = func(p train.Progress) { s.app.onLearn(s.cfg.Name, p) }
	}
	m, err := detector.Teach(ctx, how, lesson)
	return m, seen, err
}

// inspectLesson says what a lesson holds, on its own clock.
func inspectLesson(cfg *config.Stream, c *Chain, lesson *detector.Lesson) (*inspect.Report, error) {
	rows := make([]inspect.Row, lesson.Skipped(), lesson.Skipped()+lesson.Rows())
	lesson.Each(func(part, lot string, span detector.Span, features []float32) {
		at := time.Unix(0, int64(float64(span.To)/cfg.ConditionedHz()*1e9)).UTC()
		rows = append(rows, inspect.Row{Time: at, Part: part, Lot: lot, Usable: true, Features: features})
	})
	set := c.Conditioner.Features()
	return inspect.Inspect(inspect.Config{Names: set.Names(), Units: cfg.FeatureUnits(set.Names(), set.Units()), Least: leastLesson(cfg)}, rows)
}

// keepLearnt keeps a model that the live signal taught with the store. Where that cannot be, it is kept later, as one that came from a file.
func (a *App) keepLearnt(ctx context.Context, s *stream, m *detector.Model, seen *inspect.Report) {
	store, err := a.archive(ctx)
	if err != nil {
		return
	}
	info := infoOf(m, "crackle", "learnt")
	info.Lots, info.Parts, info.Left = seen.LotCount, seen.PartCount, seen.Rows-seen.Usable
	for _, f := range seen.Findings {
		info.Report = append(info.Report, f.Text)
	}
	if keepModel(ctx, store, m, &info) == nil {
		a.shelf.mu.Lock()
		a.shelf.kept[s.cfg.Name+"/"+m.Hash()] = true
		a.shelf.mu.Unlock()
	}
}
