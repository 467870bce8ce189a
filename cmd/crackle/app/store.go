package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/config"
	"crackle/ingest/broker"
)

const (
	storeEvery  = 500 * time.Millisecond // between two looks whether the signal store is there
	storeFails  = 2                      // beats in a row that it refuses, from which it counts as failing;
	storeSilent = 5                      // beats in a row without an answer from an external server, which may be a cluster that elects a leader
	reviveFirst = 5 * time.Second        // before an attempt to open it again; twice as long after each that did not help,
	reviveLast  = 10 * time.Minute       // up to this: it may refuse for a reason that a new server does not mend
)

// store makes sure that the signal store exists whenever a server with JetStream can be reached, so that publishers and receivers find it.
type store struct {
	app    *App
	js     jetstream.JetStream
	bounds broker.SignalConfig
	told   string
	past   bool          // streams listen past it
	tried  time.Time     // when it was last tried to open it again
	pause  time.Duration // until the next attempt
	looked time.Time     // when the embedded server's folder was last looked at, while the store refuses; zero: not yet
}

// stored reports whether any stream is read from the signal store.
func (a *App) stored() bool {
	return slices.ContainsFunc(a.list(), func(s *stream) bool { return s.cfg.Transport == "jetstream" })
}

// openStore makes the signal store at once where a server is there and a stream is read from it, and goes on looking after it. A second call does nothing.
func (a *App) openStore(ctx context.Context) error {
	if a.storeKept || !slices.ContainsFunc(a.list(), func(s *stream) bool { return s.cfg.Transport == "jetstream" }) {
		return nil
	}
	js, err := jetstream.New(a.conn)
	if err != nil {
		return err
	}
	st := &store{app: a, js: js, bounds: broker.SignalConfig{MaxAge: seconds(a.config().Store.SignalMaxAgeS)}}
	if a.config().NATS.Embedded() { // the rest is for what is small and must not be refused; an external server's own limits rule there
		st.bounds.MaxBytes = a.config().Store.MaxBytes/100*95 - a.config().EvidenceBytes() - a.config().ModelBytes()
		st.bounds.Async = a.config().Store.Sync == config.SyncDefault
	}
	a.storeKept = true
	there := st.ensure(ctx)
	a.life.start("signal store", nil, func(ctx context.Context) error {
		st.watch(ctx, there)
		return nil
	})
	return nil
}

func (st *store) watch(ctx context.Context, there bool) {
	tick := time.NewTicker(storeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch {
		case !st.app.conn.IsConnected():
			there = false
		case !there:
			there = st.ensure(ctx)
		default:
			st.follow(ctx)
		}
	}
}

// follow acts on what the store says to the heartbeat. While it refuses, the streams listen past it, and it is opened again as soon as there is room;
// then they go on in it.
func (st *store) follow(ctx context.Context) {
	h := st.app.heartbeat
	st.look()
	failing := h.refusals.Load() >= st.enough(h.refused.Load())
	if failing != st.past && (failing || h.refusals.Load() == 0) {
		st.past = failing
		st.bypass(failing)
		if failing {
			st.app.log.Error("streams are scored as they come, past the store; their parts are not assessed", "why", st.app.storeProblem())
		} else {
			st.app.log.Info("the signal store takes what is published again; streams are read from it")
		}
	}
	if !st.past {
		st.pause = reviveFirst
		return
	}
	if time.Since(st.tried) < st.pause {
		return
	}
	st.tried = time.Now()
	if !st.ensure(ctx) || h.refusals.Load() < storeFails+1 || st.app.broker == nil || bySetting(h.refused.Load()) {
		return
	}
	if err := st.app.broker.Revive(); err != nil {
		st.app.log.Warn("the store cannot be opened again yet; it is tried all the time", "err", err)
		return
	}
	st.pause = min(2*st.pause, reviveLast)
	st.app.log.Warn("the embedded server was started anew, so that its store is opened again; clients come back by themselves")
	st.ensure(ctx)
}

// look finds out what is wrong with the embedded server's folder while it refuses, for the server only says that it does not answer.
func (st *store) look() {
	switch {
	case st.app.heartbeat.refusals.Load() == 0:
		st.looked = time.Time{}
		st.app.folderTrouble.Store(nil)
	case st.app.broker != nil && time.Since(st.looked) >= reviveFirst:
		st.looked = time.Now()
		if err := st.app.broker.Takes(); err != nil {
			text := err.Error()
			st.app.folderTrouble.Store(&text)
		}
	}
}

// enough is the number of refusals in a row from which the store counts as failing.
func (st *store) enough(why *error) int64 {
	if why != nil && st.app.broker == nil {
		if _, ok := errors.AsType[*jetstream.APIError](*why); !ok {
			return storeSilent
		}
	}
	return storeFails
}

// bySetting says that the store works and refuses by its settings, such as a limit of an administrator: a new server would refuse as well.
func bySetting(why *error) bool {
	if why == nil {
		return false
	}
	refusal, ok := errors.AsType[*jetstream.APIError](*why)
	return ok && refusal.Code >= 400 && refusal.Code < 500
}

// bypass tells every receiver.
func (st *store) bypass(on bool) {
	st.app.refusing.Store(on)
	for _, s := range st.app.list() {
		s.receiver.Bypass(on)
	}
	st.app.heartbeat.receiver.Bypass(on)
}

// ensure reports whether the store is there; what keeps it from being is logged once.
func (st *store) ensure(ctx context.Context) bool {
	if !st.app.conn.IsConnected() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	signals, err := broker.EnsureSignals(ctx, st.js, st.bounds)
	switch {
	case err == nil:
		st.app.storeTrouble.Store(nil)
		if st.app.storeBegan.Load() == nil {
			began := endOf(signals)
			st.app.storeBegan.Store(&began)
		}
	case ctx.Err() == nil && err.Error() != st.told:
		st.told = err.Error()
		text := "the signal store cannot be used: " + st.told + `; enable JetStream on the NATS server, or set transport = "core" for the streams; it is tried again all the time`
		st.app.storeTrouble.Store(&text)
		st.app.log.Error(text)
	}
	return err == nil
}

// endOf is the place of the newest message in the signal store, as it was looked up.
func endOf(signals jetstream.Stream) (p place) {
	if state := signals.CachedInfo().State; state.LastSeq > 0 {
		p.seq, p.ns = state.LastSeq, state.LastTime.UnixNano()
	}
	return p
}

const storeAdvice = "look at the NATS server: its log, the room on its disk and the limits of its streams"

// storeProblem says what is refused of what is to be kept, and why; empty: nothing.
func (a *App) storeProblem() string {
	if t := a.storeTrouble.Load(); t != nil {
		return *t
	}
	if t := a.heartbeat.refused.Load(); t != nil {
		what := "the signal store refuses what is published: " + (*t).Error()
		if why := a.folderTrouble.Load(); why != nil {
			return what + "; " + *why
		}
		return what + "; " + storeAdvice
	}
	if t := a.parts.trouble.Load(); t != nil {
		return "accounts of parts are not stored: " + *t + "; " + storeAdvice
	}
	if t := a.checkpoints.trouble.Load(); t != nil {
		return "where the streams stand is not written down: " + *t + "; " + storeAdvice
	}
	if j := a.journal.kept.Load(); j != nil {
		if c := j.Counts(); c.Away {
			return "what happens to alarms is not journalled: " + c.LastError + "; " + storeAdvice
		}
	}
	return ""
}
