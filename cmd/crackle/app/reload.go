package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest"
)

// Reloaded is what a change of the configuration came to, by the names of the streams.
type Reloaded struct {
	Unchanged []string // went on as if nothing had been
	Exchanged []string // began anew under other settings
	Added     []string
	Removed   []string // stopped, their alarms cleared
	Sinks     []string // names of the sinks that were added, changed or removed
	Restart   []string // tables of the file that differ and need a restart; the old ones stay in force
}

// Reload takes another configuration, checked, while the app runs. Streams with the same settings keep their state to the sample; others are
// exchanged, started or stopped; a model file of another name is read. Sinks that are the same go on with their queues, a changed one takes over what
// waits, one that is gone gets time to send it. FixedTables stay as they are until a restart, and the answer names those that differ. When a stream or a
// sink cannot be made, or a model file not be used, nothing is changed.
func (a *App) Reload(ctx context.Context, cfg *config.Config) (Reloaded, error) {
	var r Reloaded
	if err := cfg.Validate(); err != nil {
		return r, err
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	if !a.started.Load() || a.stopping.Load() || a.pulse == nil {
		return r, errors.New("the app is not running")
	}
	ctx, cancel := a.whileRunning(ctx)
	defer cancel()
	old := a.config()
	next := *cfg
	r.Restart = keepFixed(&next, old)
	for _, name := range next.StreamNames() {
		s, is := old.Streams[name]
		switch {
		case !is:
			r.Added = append(r.Added, name)
		case reflect.DeepEqual(s, next.Streams[name]):
			r.Unchanged = append(r.Unchanged, name)
		default:
			r.Exchanged = append(r.Exchanged, name)
		}
	}
	for _, name := range old.StreamNames() {
		if _, stays := next.Streams[name]; !stays {
			r.Removed = append(r.Removed, name)
		}
	}
	for _, name := range slices.Concat(r.Added, r.Exchanged) {
		s := next.Streams[name]
		if _, err := NewChain(&s, nil); err != nil {
			return Reloaded{}, fmt.Errorf("the configuration in force goes on: %w", err)
		}
	}
	models, err := a.filesNamed(ctx, old, &next, r.Exchanged)
	if err != nil {
		return Reloaded{}, fmt.Errorf("the configuration in force goes on: %w", err)
	}
	desks, err := a.desks(&next, old)
	if err != nil {
		return Reloaded{}, fmt.Errorf("the configuration in force goes on: %w", err)
	}
	r.Sinks = changedSinks(old, &next)
	a.cfg.Store(&next)
	err = a.follow(ctx, &next, &r, models)
	if len(r.Sinks) > 0 {
		err = errors.Join(err, a.exchangeSinks(ctx, &next, desks))
	}
	a.log.Info("configuration read again", "unchanged", r.Unchanged, "exchanged", r.Exchanged, "added", r.Added, "removed", r.Removed, "sinks", r.Sinks)
	a.Note(ctx, "crackle", fmt.Sprintf("configuration %s read again: exchanged %q, added %q, removed %q, sinks %q", next.Hash(), r.Exchanged, r.Added, r.Removed, r.Sinks), "")
	if len(r.Restart) > 0 {
		a.log.Warn("these tables differ and are only read at the start: restart crackle to use them; the old ones stay in force", "tables", r.Restart)
	}
	return r, err
}

// filesNamed reads the models of streams for which another file is named now. What people have put in service goes before a file, and a file that is not
// there yet may be learnt.
func (a *App) filesNamed(ctx context.Context, old, next *config.Config, streams []string) (map[string]*detector.Model, error) {
	models := map[string]*detector.Model{}
	for _, name := range streams {
		was, s := old.Streams[name], next.Streams[name]
		path := ModelPath(next, &s)
		if path == ModelPath(old, &was) {
			continue
		}
		if m, err := a.chosen(ctx, &s); m != nil || err != nil {
			a.log.Warn("another model file is named for a stream, and the model that people have put in service goes on; change it with `crackle model use`", "stream", name, "file", path)
			continue
		}
		m, err := LoadModel(path, &s)
		switch {
		case err == nil:
			models[name] = m
		case !s.Learn.On() || !isMissing(err):
			return nil, err
		}
	}
	return models, nil
}

// follow brings the streams in line with the configuration; models are those that streams are to have from now on.
func (a *App) follow(ctx context.Context, cfg *config.Config, r *Reloaded, models map[string]*detector.Model) error {
	var errs []error
	for _, name := range r.Removed {
		errs = append(errs, a.remove(ctx, a.stream(name)))
	}
	for _, name := range r.Exchanged {
		s := cfg.Streams[name]
		errs = append(errs, a.exchangeOne(ctx, name, settings{Stream: &s, Model: models[name], Why: "the configuration was read again"}))
	}
	for _, name := range r.Added {
		start := ingest.Start{From: ingest.FromNew}
		if cfg.Streams[name].Start == "all" {
			start.From = ingest.FromOldest
		}
		s, err := a.makeStream(cfg.Streams[name], start)
		if err == nil {
			s.find(true)
			err = a.begin(ctx, s)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// FixedTables are the tables of a configuration that only a start reads, but for server.stop_s.
func FixedTables() []string {
	return []string{"[server]", "[nats]", "[store]", "[evidence]", "[heartbeat]", "[log]"}
}

// keepFixed puts the tables that only a start reads back to what they are, and names those that differ.
func keepFixed(next, old *config.Config) (differ []string) {
	keep := func(name string, same bool) {
		if !same {
			differ = append(differ, name)
		}
	}
	stop := next.Server.StopS
	next.Server.StopS = old.Server.StopS
	keep("[server]", reflect.DeepEqual(next.Server, old.Server))
	keep("[nats]", reflect.DeepEqual(next.NATS, old.NATS))
	keep("[store]", next.Store == old.Store)
	keep("[evidence]", next.Evidence == old.Evidence)
	keep("[heartbeat]", reflect.DeepEqual(next.Heartbeat, old.Heartbeat))
	keep("[log]", next.Log == old.Log)
	next.Server, next.NATS, next.Store, next.Evidence, next.Heartbeat, next.Log = old.Server, old.NATS, old.Store, old.Evidence, old.Heartbeat, old.Log
	next.Server.StopS = stop
	return differ
}
