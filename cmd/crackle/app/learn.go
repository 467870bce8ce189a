package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/journal"
	"crackle/web/api"
)

// maxRefining bounds the lessons that wait to be refined; each holds its rows in memory.
const maxRefining = 4

// school is where the app's lessons take place.
type school struct {
	mu   sync.Mutex
	busy map[string]bool // streams that are being taught
	wait chan refiningJob
	jobs []*ModelInfo // that wait to be refined, or are
	lost []api.Job    // lessons that a restart broke off
}

// refiningJob is a taught model whose network may get better.
type refiningJob struct {
	teacher *Teacher
	made    *Taught
	by      string
}

// Teach makes a model of a stream from a stretch of its past, or from its next parts or seconds, and keeps it with the store; PutInService then puts it
// in service. The network is found in closed form; backpropagation goes on in the background at a low share of one core, and what comes of it is kept
// as another model if it is better. One lesson per stream at a time. progress is called from this goroutine.
func (a *App) Teach(ctx context.Context, stream string, q TeachRequest, by string, progress func(share float64, text string)) (*ModelInfo, error) {
	t, err := a.teacher(ctx, stream)
	if err != nil {
		return nil, err
	}
	if !a.school.enter(stream) {
		return nil, api.Conflict("teach", "stream %s is being taught already: wait until that is done, or cancel it", stream)
	}
	defer a.school.leave(stream)
	defer a.begun(ctx, t.cfg.Store, stream, by)()
	ctx, cancel := a.whileRunning(ctx)
	defer cancel()
	made, err := t.Teach(ctx, q, by, progress)
	if err != nil {
		return nil, err
	}
	a.record(journal.Note{What: "taught", Stream: stream, By: by, To: made.Info.Hash})
	a.school.note(&made.Info)
	select {
	case a.school.wait <- refiningJob{t, made, by}:
	default:
		a.school.done(&made.Info)
		a.log.Warn("a model is not refined: too many wait already", "stream", stream, "model", made.Info.Hash)
	}
	return &made.Info, nil
}

// teacher is one for a stream as it stands.
func (a *App) teacher(ctx context.Context, stream string) (*Teacher, error) {
	s := a.stream(stream)
	if s == nil || a.machine == nil {
		return nil, unknownStream(stream)
	}
	store, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	cfg := s.cfg
	return NewTeacher(TeacherConfig{Stream: &cfg, Conn: a.conn, Store: store, Running: s.served.Load(), Alarms: func(ctx context.Context) ([]alert.Alarm, error) { return a.alarmsOf(ctx, stream) }, Version: a.version})
}

// alarmsOf are the alarms of a stream that are known: those in the list, and older ones in the journal.
func (a *App) alarmsOf(ctx context.Context, stream string) ([]alert.Alarm, error) {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return nil, err
	}
	out, err := JournalledAlarms(ctx, js, stream)
	if err != nil {
		return nil, err
	}
	for _, al := range (monitor{a}).Alarms() {
		if al.Stream != stream {
			continue
		}
		if i := slices.IndexFunc(out, func(o alert.Alarm) bool { return o.ID == al.ID }); i >= 0 {
			out[i] = al
		} else {
			out = append(out, al)
		}
	}
	return out, nil
}

func (s *school) enter(stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[stream] {
		return false
	}
	s.busy[stream] = true
	s.lost = slices.DeleteFunc(s.lost, func(j api.Job) bool { return j.Stream == stream })
	return true
}

// note remembers a model that is to be refined, until done.
func (s *school) note(m *ModelInfo) {
	s.mu.Lock()
	s.jobs = append(s.jobs, m)
	s.mu.Unlock()
}

func (s *school) done(m *ModelInfo) {
	s.mu.Lock()
	s.jobs = slices.DeleteFunc(s.jobs, func(o *ModelInfo) bool { return o == m })
	s.mu.Unlock()
}

// refining are the models of a stream that are being refined, or wait for it.
func (s *school) refining(stream string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, m := range s.jobs {
		if m.Stream == stream {
			out = append(out, m.Hash)
		}
	}
	return out
}

func (s *school) leave(stream string) {
	s.mu.Lock()
	delete(s.busy, stream)
	s.mu.Unlock()
}

// openSchool starts what refines models in the background, one after the other.
func (a *App) openSchool() {
	a.school.busy, a.school.wait = map[string]bool{}, make(chan refiningJob, maxRefining)
	a.life.start("refining models", nil, func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case j := <-a.school.wait:
				a.refine(ctx, j)
				a.school.done(&j.made.Info)
			}
		}
	})
}

func (a *App) refine(ctx context.Context, j refiningJob) {
	began := time.Now()
	log := a.log.With("stream", j.made.Info.Stream, "model", j.made.Info.Hash)
	info, kept, err := j.teacher.Refine(ctx, j.made, j.by, true, nil)
	took := time.Since(began).Round(time.Millisecond)
	switch {
	case ctx.Err() != nil:
		log.Info("refining cut off by the stop; the model in closed form stays")
	case err != nil:
		log.Warn("refining failed; the model in closed form stays", "err", err, "took", took)
	case !kept:
		log.Info("refining made nothing better; the model in closed form stays", "took", took)
	default:
		log.Info("refined by backpropagation; it can be put in service", "refined", info.Hash, "took", took)
		a.record(journal.Note{What: "taught", Stream: info.Stream, By: j.by, From: j.made.Info.Hash, To: info.Hash, Comment: "refined in the background"})
	}
}
