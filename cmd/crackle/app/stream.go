package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"crackle/alert"
	"crackle/alert/health"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/drift"
	"crackle/detector/ledger"
	"crackle/ingest"
	"crackle/ingest/block"
)

// stream is one configured stream on its way from blocks to scores. run is its one goroutine; only status, models and the receiver's counts
// are touched by others.
type stream struct {
	app      *App
	cfg      config.Stream
	log      *slog.Logger
	receiver *ingest.Receiver
	chain    *Chain
	waves    *waves
	status   *status
	served   atomic.Pointer[detector.Model] // in service
	witness  *witness                       // nil when no evidence is kept
	pupil    *pupil                         // nil when the model comes from a file only
	models   chan *detector.Model           // to put in service: from the teacher, or from the file that has appeared
	untaught chan struct{}                  // the lesson did not do and is free again
	asked    chan request                   // what run is to do between two blocks; shared by all that the stream is exchanged for
	over     chan struct{}                  // closed when run has ended; likewise
	placed   chan struct{}                  // closed when the receiver may begin; likewise
	held     atomic.Bool                    // a checkpoint is written of it: it goes on from there at the next start
	tasks    []*task                        // receiver and run, in the order in which they are to end
	by       string                         // who has the model put in service that is being installed; empty is the program itself
	next     *stream                        // what this one is exchanged for
	at       place                          // up to where blocks have been dealt with
	ctx      context.Context                // of run, for what onScore hands on
	refused  uint64                         // blocks that conditioning refused
	invalid  bool                           // samples that are not numbers have been told of
	meter    health.Meter
	drift    *drift.Drift // of the model in service; nil: it is not told
	cycles   *cycles      // nil where windows follow no cycle
}

func newStream(a *App, cfg config.Stream, r *ingest.Receiver) (*stream, error) {
	s := &stream{
		app: a, cfg: cfg, log: a.log.With("stream", cfg.Name), receiver: r,
		status: newStatus(&cfg), models: make(chan *detector.Model, 1), untaught: make(chan struct{}, 1),
		asked: make(chan request), over: make(chan struct{}), placed: make(chan struct{}),
	}
	var err error
	if s.chain, err = NewChain(&cfg, s.onScore); err != nil {
		return nil, err
	}
	s.chain.OnPart(s.close)
	if err := s.chain.Answer(&cfg); err != nil {
		s.log.Error("a head cannot be used, and does not answer", "err", err)
	}
	if s.waves, err = newWaves(&cfg, a.hub, s.chain); err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	if s.witness, err = newWitness(s); err != nil {
		return nil, err
	}
	s.cycles = newCycles(&cfg, s.chain)
	return s, nil
}

// run takes blocks until the receiver has closed its channel and every block in it is dealt with, by this stream and those that it is exchanged for.
func (s *stream) run(ctx context.Context) error {
	var teachers sync.WaitGroup
	defer teachers.Wait()
	defer close(s.over)
	for at := s; at != nil; at = at.next {
		if err := at.serve(ctx, &teachers); err != nil {
			return err
		}
	}
	return nil
}

// serve is run until the stream is exchanged for next.
func (s *stream) serve(ctx context.Context, teachers *sync.WaitGroup) error {
	s.ctx = ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	select {
	case m := <-s.models: // before the first block, which may be waiting too
		_ = s.install(m) // said where it failed
	default:
	}
	for {
		select {
		case b, ok := <-s.receiver.Blocks():
			if !ok {
				if s.cfg.Start != config.StartResume || !s.held.Load() {
					s.chain.End()
				}
				return nil
			}
			began := time.Now()
			s.take(b)
			waited := time.Duration(-1)
			if b.StoreNS > 0 {
				waited = max(0, began.Sub(time.Unix(0, b.StoreNS)))
			}
			s.status.timed(waited, time.Since(began))
			s.receiver.Release(b)
			if s.pupil != nil && s.pupil.full() {
				lesson := s.pupil.hand()
				s.chain.Collect(nil)
				teachers.Go(func() { s.teach(ctx, lesson) })
			}
		case m := <-s.models:
			_ = s.install(m)
		case r := <-s.asked:
			if r.do(s); s.next != nil {
				return nil
			}
		case <-s.untaught:
			if s.pupil != nil { // else a file has appeared meanwhile
				s.pupil.again()
				s.chain.Collect(s.pupil.lesson)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take is the hot path of one block. It allocates nothing once warm.
func (s *stream) take(b *block.Block) {
	s.meter.Push(b, time.Now())
	s.status.heard(b, s.meter.Reading())
	s.waves.push(b)
	n := s.receiver.Counts()
	s.chain.account.Unstored(s.receiver.Bypassing())
	s.chain.account.Arrived(ledger.Arrivals{Duplicated: n.Duplicated.Samples, Late: n.Late.Samples, Reordered: n.Reordered.Samples, Dropped: n.Dropped.Samples})
	if s.witness != nil {
		s.witness.Mark(b.Run, b.First, s.witness.appendState)
		s.witness.Push(b)
		defer s.witness.Done()
	}
	if err := s.chain.Push(b); err != nil {
		s.refused++
		if s.refused == 1 {
			s.log.Warn("block refused by conditioning; more are only counted", "err", err)
		}
	}
	s.at = place{seq: b.StoreSeq, ns: b.StoreNS, run: b.Run, next: b.End()}
	if s.pupil != nil {
		s.pupil.heard(b.Count())
	}
	c := s.chain.Conditioner.Counts()
	deviation, known := s.chain.Conditioner.RateDeviation()
	s.status.conditioned(b.Count(), c, deviation, known)
	if c.Invalid > 0 && !s.invalid {
		s.invalid = true
		s.log.Warn("samples that are not finite numbers; further ones are only counted", "run", b.Run, "seq", b.Seq, "first", b.First, "part", b.Part)
	}
}

// onScore hands one window's score on: to the dashboards and the alarm machine, in this order. It waits while the machine's queue is
// full, which in turn holds the receiver back.
func (s *stream) onScore(score *detector.Score) {
	if s.witness != nil {
		open, _ := s.chain.account.Current()
		s.witness.score(score, s.chain.Window().Features, open)
	}
	s.status.scored(score)
	s.followDrift(score)
	if s.cycles != nil {
		w := s.chain.Window()
		s.cycles.scored(w.First, w.End, score.Verdict)
	}
	if s.pupil != nil && score.PartEnd && !s.chain.Refers(score.Part) {
		s.pupil.partEnded()
	}
	if score.First != score.End {
		s.app.hub.PublishScore(score)
	}
	if err := s.app.machine.Score(s.ctx, *score); err != nil && s.ctx.Err() == nil {
		s.log.Error("score not taken by the alarm machine", "err", err)
	}
	if s.app.observe.Score != nil {
		s.app.observe.Score(score)
	}
}

// close settles the verdict of a part that is over: the alarm machine has the last word on whether there was an alarm on it.
func (s *stream) close(p ledger.Part) {
	if s.witness != nil {
		s.witness.ended(p)
	}
	alarmed, err := s.app.machine.EndPart(s.ctx, p.Run, alert.PartEnd{Stream: p.Stream, Part: p.Part, First: p.First, End: p.End})
	if err != nil {
		if s.ctx.Err() == nil {
			s.log.Error("part not closed by the alarm machine", "part", p.Part, "err", err)
		}
		return
	}
	p.Alarmed = p.Alarmed || alarmed
	if m := s.chain.Model(); m != nil {
		p.Model = m.Hash()
	}
	p.Judge(p.Needed)
	s.log.Info("part over", "part", p.Part, "lot", p.Lot, "verdict", p.Verdict.String(), "reasons", p.Reasons, "expected", p.Samples.Expected,
		"scored", p.Samples.Scored, "missing", p.Samples.Missing, "above", p.Windows.Above, "peak", float64(p.Peak))
	if s.chain.Refers(p.Part) {
		s.refer(&p)
	}
	if p.Estimates = s.chain.Estimates(&p); len(p.Estimates) > 0 {
		s.log.Info("answers for a part", "part", p.Part, "estimates", p.Estimates)
	}
	s.app.parts.put(p)
	s.app.checkpoints.partEnded()
	if s.app.observe.Part != nil {
		s.app.observe.Part(p)
	}
}

// install puts a model in service and tells the alarm machine whether its limit is provisional.
func (s *stream) install(m *detector.Model) error {
	if now := s.chain.Model(); now != nil && now.Hash() == m.Hash() {
		return nil // asked for twice, as at a start
	}
	if err := s.chain.Install(m); err != nil {
		s.status.trouble(err.Error())
		s.log.Error("model not put in service", "err", err)
		return err
	}
	s.pupil = nil
	if s.witness != nil {
		s.witness.serve(m)
	}
	s.watchDrift(m)
	s.noteModel(m)
	s.served.Store(m)
	s.status.watching(m)
	if err := s.app.machine.Configure(s.ctx, s.alarmStream(m.Provisional != "")); err != nil && s.ctx.Err() == nil {
		s.log.Error("stream not configured in the alarm machine", "err", err)
	}
	s.log.Info("model in service", "model", m.Hash(), "fit_windows", m.Record.FitRows, "held_out_windows", m.Record.HeldRows, "split_by", m.Record.SplitBy,
		"provisional", m.Provisional)
	return nil
}

// noteModel journals that a model is put in service.
func (s *stream) noteModel(m *detector.Model) {
	what := "model " + m.Hash() + " in service"
	if old := s.served.Load(); old != nil {
		what += " in place of " + old.Hash()
	}
	who := s.by
	if who == "" {
		who = "crackle"
	}
	s.app.Note(s.ctx, who, what, s.cfg.Name)
}

// alarmStream is what the alarm machine needs to know of the stream.
func (s *stream) alarmStream(provisional bool) alert.Stream { return alarmRules(&s.cfg, provisional) }

func alarmRules(s *config.Stream, provisional bool) alert.Stream {
	a := s.Alarm
	return alert.Stream{
		Name: s.Name, Title: s.Title, Simulated: s.Source == "simulated", Provisional: provisional,
		Rules: alert.Rules{
			Raise: a.OnWindows, Of: a.OfWindows, Clear: a.OffWindows, Hysteresis: a.Hysteresis, Latch: a.Latch, PerPart: s.PartResets,
		},
	}
}

// find looks for the model that people have put in service, else for the stream's model file; it is called at the start and again now and then while there is none. A stream that learns
// from the live signal begins to.
func (s *stream) find(first bool) {
	m, err := s.app.chosen(s.app.ending, &s.cfg)
	if m == nil && err == nil {
		m, err = LoadModel(ModelPath(s.app.config(), &s.cfg), &s.cfg)
	} else if m != nil && first {
		s.overruled(m)
	}
	switch {
	case err == nil:
		select {
		case s.models <- m:
		default: // one is waiting already
		}
	case s.cfg.Learn.On() && isMissing(err):
		if first {
			s.pupil = newPupil(s.cfg.Learn, s.cfg.RateHz)
			s.chain.Collect(s.pupil.lesson)
			s.status.learning()
		}
	default:
		if s.status.trouble(err.Error()) {
			s.log.Error("no model: windows are not assessed; the file is looked for again every few seconds", "err", err)
		}
	}
}
