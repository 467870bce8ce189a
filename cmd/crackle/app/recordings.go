package app

import (
	"context"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/ingest/block"
	"crackle/rnn/train"
)

// Recordings collects what recordings hold, to look at it and to teach from it, as a Teacher does with a stream's signal. It is for one goroutine.
type Recordings struct{ s *stretch }

// NewRecordings makes an empty one for a stream.
func NewRecordings(cfg *config.Stream) (*Recordings, error) {
	s, err := newStretch(cfg, nil)
	if err != nil {
		return nil, err
	}
	s.files = true
	return &Recordings{s}, nil
}

// Push takes the next block of a recording.
func (r *Recordings) Push(b *block.Block) error { return r.s.Push(b) }

// End says that a recording is over; what comes next is another one.
func (r *Recordings) End() {
	r.s.End()
	r.s.anew = true
}

// Inspect says what they hold.
func (r *Recordings) Inspect() (*inspect.Report, error) {
	out, _ := r.s.exclude(nil, nil, false)
	return r.s.inspect(out)
}

// Teach makes a model of them, quick with its network in closed form. It fails, saying what to do, where Inspect finds that nothing can be learnt.
func (r *Recordings) Teach(ctx context.Context, version string, quick bool, progress func(train.Progress)) (*detector.Model, *inspect.Report, error) {
	out, excluded := r.s.exclude(nil, nil, false)
	seen, err := r.s.inspect(out)
	if err != nil {
		return nil, nil, err
	}
	if !seen.Teachable {
		return nil, seen, refusal(r.s.cfg.Name, seen, excluded)
	}
	how, err := Teaching(r.s.cfg, r.s.chain.Conditioner, version)
	if err != nil {
		return nil, seen, err
	}
	how.Progress, how.Quick = progress, quick
	m, err := detector.Teach(ctx, how, r.s.lesson(out))
	return m, seen, err
}
