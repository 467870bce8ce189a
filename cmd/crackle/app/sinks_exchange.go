package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"crackle/alert/notify"
	"crackle/cmd/crackle/config"
)

// desks makes the sinks of a configuration. Those that have the same settings as under old are the ones that there are; old may be nil.
func (a *App) desks(cfg, old *config.Config) (map[string]*routed, error) {
	desks := map[string]*routed{}
	var errs []error
	for _, name := range cfg.SinkNames() {
		c := cfg.Sinks[name]
		have := a.routes[name]
		if old != nil && have != nil && reflect.DeepEqual(old.Sinks[name], c) {
			desks[name] = have
			continue
		}
		s, err := a.sink(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("sink %s: %w", name, err))
			continue
		}
		desks[name] = s
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return desks, nil
}

// useDesks lets sinks take part from now on: the journal knows them, and one that takes another's place knows of what alarms that has told.
func (a *App) useDesks(cfg *config.Config, desks map[string]*routed) ([]notify.Sink, map[string]notify.Limits) {
	var sinks []notify.Sink
	each := map[string]notify.Limits{}
	for _, name := range cfg.SinkNames() {
		s, c := desks[name], cfg.Sinks[name]
		if was := a.routes[name]; was != nil && was != s {
			was.mu.Lock()
			maps.Copy(s.told, was.told)
			was.mu.Unlock()
		}
		a.journal.joined(name)
		sinks = append(sinks, s)
		each[name] = notify.Limits{Queue: c.Queue, Timeout: seconds(c.TimeoutS)}
	}
	a.routes = desks
	return sinks, each
}

// changedSinks are the names of those that a configuration adds, changes or takes away.
func changedSinks(old, next *config.Config) (names []string) {
	for _, name := range next.SinkNames() {
		if s, is := old.Sinks[name]; !is || !reflect.DeepEqual(s, next.Sinks[name]) {
			names = append(names, name)
		}
	}
	for _, name := range old.SinkNames() {
		if _, stays := next.Sinks[name]; !stays {
			names = append(names, name)
		}
	}
	return names
}

// exchangeSinks puts the sinks of a configuration in the place of those that there are.
func (a *App) exchangeSinks(ctx context.Context, cfg *config.Config, desks map[string]*routed) error {
	sinks, each := a.useDesks(cfg, desks)
	return a.sinks.Exchange(ctx, sinks, each)
}
