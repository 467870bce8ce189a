package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert/journal"
	"crackle/cmd/crackle/archive"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/web/api"
)

const (
	modelsTimeout = 5 * time.Second // of one question to the store
	modelsEvery   = 5 * time.Second // between two looks at what is in service and not kept yet
)

// shelf is the app's way to the models that are kept with the store.
type shelf struct {
	mu      sync.Mutex
	store   *archive.Store // nil until the server was reached
	serving sync.Mutex     // held while a model is put in service
	kept    map[string]bool
	told    string
	failed  time.Time // when the store could last not be asked
	failure error
}

// OpenModels opens the models that are kept with the store of a server, with the bounds of a configuration.
func OpenModels(ctx context.Context, js jetstream.JetStream, cfg *config.Config) (*archive.Store, error) {
	return archive.Open(ctx, js, archive.Bounds{MaxBytes: cfg.ModelBytes(), MaxAge: seconds(cfg.Store.ModelsMaxAgeS)})
}

// archive opens the models once the server can be reached.
func (a *App) archive(ctx context.Context) (*archive.Store, error) {
	if a.conn == nil {
		return nil, errors.New("the app has not been started")
	}
	a.shelf.mu.Lock()
	defer a.shelf.mu.Unlock()
	if a.shelf.store != nil {
		return a.shelf.store, nil
	}
	if !a.conn.IsConnected() {
		return nil, api.Unavailable("store", "the NATS server at %s is away: models and judgements are kept in its store; try again", a.natsAddress())
	}
	if time.Since(a.shelf.failed) < modelsEvery { // a server that does not answer costs a wait once, not once for each stream
		return nil, a.shelf.failure
	}
	js, err := jetstream.New(a.conn)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	if a.shelf.store, err = OpenModels(ctx, js, a.config()); err != nil {
		a.shelf.store, a.shelf.failed = nil, time.Now()
		a.shelf.failure = api.Unavailable("store", "models and judgements are kept in the store of the NATS server at %s, which cannot be used: %v; enable JetStream there, or give it room", a.natsAddress(), err)
		return nil, a.shelf.failure
	}
	return a.shelf.store, nil
}

// unavailable marks an error of the store as one that may pass.
func unavailable(err error) error {
	if err == nil || errors.Is(err, archive.ErrNoModel) || errors.Is(err, archive.ErrRefused) {
		return err
	}
	return fmt.Errorf("%w: %w", api.ErrUnavailable, err)
}

// Models lists what is kept of a stream, the newest first, and which is in service.
func (a *App) Models(ctx context.Context, stream string) (*ModelList, error) {
	s := a.stream(stream)
	if s == nil {
		return nil, unknownStream(stream)
	}
	store, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	if m := s.served.Load(); m != nil { // so that the list has it
		a.adopt(ctx, store, s, m)
	}
	l, err := ListModels(ctx, store, stream)
	if err != nil {
		return nil, err
	}
	l.InService = ""
	if m := s.served.Load(); m != nil {
		l.InService = m.Hash()
	}
	l.Refining = a.school.refining(stream)
	l.mark()
	return l, nil
}

// ListModels lists the models of a stream that are kept in a store. In service is what was put there by a person, whether a program runs or not.
func ListModels(ctx context.Context, store *archive.Store, stream string) (*ModelList, error) {
	l := &ModelList{Stream: stream, Refining: []string{}}
	var err error
	if l.Models, err = modelInfos(ctx, store, stream); err != nil {
		return nil, unavailable(err)
	}
	v, err := store.InService(ctx, stream)
	if err != nil {
		return nil, unavailable(err)
	}
	if v != nil {
		l.InService, l.By, l.Since, l.Comment = v.Hash, v.By, v.At, v.Comment
	}
	l.mark()
	return l, nil
}

// mark says of each model whether it is in service.
func (l *ModelList) mark() {
	for i := range l.Models {
		l.Models[i].InService = l.Models[i].Hash == l.InService
	}
}

// StoredModel reads a model of a stream from a store and makes sure that it fits.
func StoredModel(ctx context.Context, store *archive.Store, s *config.Stream, hash string) (*detector.Model, error) {
	b, err := store.Get(ctx, s.Name, hash)
	if errors.Is(err, archive.ErrNoModel) {
		return nil, notKept(ctx, store, s.Name, hash)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	m, err := detector.ParseModel(b)
	if err != nil {
		return nil, api.Conflict("model", "stream %s: model %s from the store: %v", s.Name, hash, err)
	}
	if err := fits(m, s); err != nil {
		return nil, api.Conflict("model", "%v; set the stream's keys as the model has them, or teach a new one", err)
	}
	return m, nil
}

// notKept says what is wrong with a hash that a stream has no model of.
func notKept(ctx context.Context, store *archive.Store, stream, hash string) error {
	all, err := store.List(ctx, "")
	if err != nil {
		return unavailable(err)
	}
	var own []string
	for _, it := range all {
		if it.Hash == hash && it.Stream != stream {
			return api.Refused("model", "model %.64s is of stream %s: a model is calibrated for one sensor; teach stream %s from its own signal", hash, it.Stream, stream)
		}
		if it.Stream == stream && len(own) < 8 {
			own = append(own, it.Hash)
		}
	}
	return api.NotFound("model", "model: found %.64q; kept of stream %s are: %s", hash, stream, strings.Join(own, ", "))
}

// PutInService exchanges a stream's model between two windows, and keeps the choice with the store, so that it holds after a restart. Filter, windows
// and account go on as they are, and the new model is led in with the windows before. The model before can be put back in the same way.
func (a *App) PutInService(ctx context.Context, stream, hash, by, comment string) (*ModelList, error) {
	s := a.stream(stream)
	switch {
	case s == nil:
		return nil, unknownStream(stream)
	case strings.TrimSpace(by) == "":
		return nil, api.Refused("by", "by: found nobody; say who puts the model in service")
	case len(comment) > maxComment || len(by) > 200:
		return nil, api.Refused("comment", "comment: found %d bytes by a name of %d, allowed are %d and 200", len(comment), len(by), maxComment)
	}
	store, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	m, err := StoredModel(ctx, store, &s.cfg, hash)
	if err != nil {
		return nil, err
	}
	a.shelf.serving.Lock()
	defer a.shelf.serving.Unlock()
	v := archive.Service{Stream: stream, Hash: hash, By: by, Comment: comment, At: time.Now().UTC()}
	before, err := store.InService(ctx, stream)
	if err != nil {
		return nil, unavailable(err)
	}
	if old := s.served.Load(); old != nil {
		a.adopt(ctx, store, s, old) // or it could not be put back
		if v.Before = old.Hash(); v.Before == hash && before != nil {
			v.Before = before.Before
		}
	}
	if err := store.Serve(ctx, v); err != nil {
		return nil, unavailable(err)
	}
	if err := a.serveStored(ctx, stream, m, v); err != nil {
		return nil, errors.Join(err, a.takeBack(context.WithoutCancel(ctx), store, stream, before))
	}
	if err := store.Apply(ctx, v); err != nil {
		a.log.Warn("it could not be noted that a model is in service", "stream", stream, "err", err)
	}
	return a.Models(ctx, stream)
}

// takeBack undoes a record of service that could not be followed.
func (a *App) takeBack(ctx context.Context, store *archive.Store, stream string, before *archive.Service) error {
	ctx, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	if before == nil {
		return store.Withdraw(ctx, stream)
	}
	return store.Serve(ctx, *before)
}

// serveStored puts a model in service unless it is, and has it journalled. The caller holds shelf.serving.
func (a *App) serveStored(ctx context.Context, stream string, m *detector.Model, v archive.Service) error {
	s := a.stream(stream)
	if s == nil {
		return unknownStream(stream)
	}
	from := ""
	if old := s.served.Load(); old != nil {
		from = old.Hash()
	}
	if from == m.Hash() {
		return nil
	}
	if err := a.exchange(ctx, stream, settings{Model: m, By: v.By, Why: v.Comment}); err != nil {
		return err
	}
	a.record(journal.Note{What: "model", Stream: stream, By: v.By, From: from, To: m.Hash(), Comment: v.Comment})
	return nil
}

// chosen is the model that people have put in service on a stream; nil without an error when they have not, or the store cannot be asked: the stream's
// file then serves, and the store's word is followed as soon as it is heard.
func (a *App) chosen(ctx context.Context, s *config.Stream) (*detector.Model, error) {
	store, err := a.archive(ctx)
	if err != nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	v, err := store.InService(ctx, s.Name)
	if err != nil {
		a.sayOnce("what is in service is not known: " + err.Error())
		return nil, nil
	}
	if v == nil {
		return nil, nil
	}
	m, err := StoredModel(ctx, store, s, v.Hash)
	if err != nil {
		return nil, fmt.Errorf("model %s, which %s put in service, cannot be used: %w; put another one in service with `crackle model use`", v.Hash, v.By, err)
	}
	return m, nil
}

// adopt keeps a model that did not come from the store, so that it can be put back. What fails is tried again.
func (a *App) adopt(ctx context.Context, store *archive.Store, s *stream, m *detector.Model) {
	key := s.cfg.Name + "/" + m.Hash()
	a.shelf.mu.Lock()
	done := a.shelf.kept[key]
	a.shelf.mu.Unlock()
	if done {
		return
	}
	if err := KeepModel(ctx, store, s.cfg.Name, m, "crackle"); err != nil {
		if ctx.Err() == nil {
			a.sayOnce("a model in service is not kept with the store yet: " + err.Error())
		}
		return
	}
	a.shelf.mu.Lock()
	a.shelf.kept[key] = true
	a.shelf.mu.Unlock()
}

// sayOnce logs a trouble with the store of models when it is not the one before.
func (a *App) sayOnce(text string) {
	a.shelf.mu.Lock()
	news := text != a.shelf.told
	a.shelf.told = text
	a.shelf.mu.Unlock()
	if news {
		a.log.Warn(text + "; it is tried again all the time")
	}
}

// openModels follows what is put in service by any program on the same store, and keeps what came from a file.
func (a *App) openModels() {
	a.shelf.kept = map[string]bool{}
	a.life.start("models", nil, func(ctx context.Context) error {
		looked := false
		for ctx.Err() == nil {
			if store, err := a.archive(ctx); err == nil {
				a.follows(ctx, store, &looked)
			} else if a.conn.IsConnected() && ctx.Err() == nil {
				a.sayOnce("models are not kept: " + err.Error())
			}
			select {
			case <-ctx.Done():
			case <-time.After(modelsEvery):
			}
		}
		return nil
	})
}

// follows watches the store until ctx ends or the watch fails. looked says that the lessons of before the start have been looked for.
func (a *App) follows(ctx context.Context, store *archive.Store, looked *bool) {
	*looked = *looked || a.findLost(ctx, store)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- store.Watch(watching, func(v archive.Service) { a.told(watching, store, v) }) }()
	tick := time.NewTicker(modelsEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil && ctx.Err() == nil {
				a.sayOnce(err.Error())
				a.shelf.mu.Lock()
				a.shelf.store, a.shelf.kept = nil, map[string]bool{} // the buckets may be gone: they are opened anew
				a.shelf.mu.Unlock()
			}
			return
		case <-tick.C:
			*looked = *looked || a.findLost(ctx, store)
			for _, s := range a.list() {
				if m := s.served.Load(); m != nil {
					a.adopt(ctx, store, s, m)
				}
			}
		}
	}
}

// told follows a record of what is in service.
func (a *App) told(ctx context.Context, store *archive.Store, v archive.Service) {
	a.shelf.serving.Lock()
	defer a.shelf.serving.Unlock()
	s := a.stream(v.Stream)
	if s == nil {
		return
	}
	if now, err := store.InService(ctx, v.Stream); err == nil && now != nil && now.Hash != v.Hash {
		return // overtaken
	}
	if old := s.served.Load(); old != nil {
		a.adopt(ctx, store, s, old) // or it could not be put back
	}
	m, err := StoredModel(ctx, store, &s.cfg, v.Hash)
	if err == nil {
		err = a.serveStored(ctx, v.Stream, m, v)
	}
	if err == nil {
		err = store.Apply(ctx, v)
	}
	if err != nil && ctx.Err() == nil {
		a.log.Error("a model that was to be put in service is not; the one before goes on", "stream", v.Stream, "model", v.Hash, "by", v.By, "err", err)
	}
}
