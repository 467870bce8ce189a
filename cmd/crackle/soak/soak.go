package soak

import (
	"context"
	_ "embed" // for the configuration
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector/ledger"
	"crackle/web/hub"
)

//go:embed soak.toml
var configText []byte

// Config of a run.
type Config struct {
	For      time.Duration // of publishing; the last part and the account come after it. At least 10 s
	Dir      string        // data folder
	Seed     uint64        // of signals and faults
	Version  string
	Log      *slog.Logger
	Progress func(text string) // told of how it goes, now and then; may be nil
}

// settle is the time for what was published to be dealt with.
const settle = 2 * time.Minute

// soak is a run.
type soak struct {
	cfg     Config
	app     *app.App
	sources []*source

	mu      sync.Mutex
	streams map[string]*StreamReport
	spoilt  map[string]bool // stream and part, of parts that cannot be ok and are not over
	alarms  map[string]int
	wrong   []string
}

// Run soaks the program. The report says what held; an error says that it could not be found out.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.For < 10*time.Second {
		return nil, fmt.Errorf("a soak of %s; at least 10 s are needed to see whether anything grows", cfg.For)
	}
	c, err := config.Parse(configText, "soak.toml")
	if err != nil {
		return nil, err
	}
	c.Store.Dir = cfg.Dir
	s := &soak{cfg: cfg, streams: map[string]*StreamReport{}, spoilt: map[string]bool{}, alarms: map[string]int{}}
	if s.app, err = app.New(c, app.Options{Version: cfg.Version, Log: cfg.Log, Observe: app.Observer{Part: s.part, Alarm: s.alarm}}); err != nil {
		return nil, err
	}
	if err := s.app.Start(ctx); err != nil {
		return nil, err
	}
	r, err := s.run(ctx, c)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return r, errors.Join(err, s.app.Stop(stop))
}

func (s *soak) run(ctx context.Context, c *config.Config) (*Report, error) {
	if err := s.makeSources(ctx, c); err != nil {
		return nil, err
	}
	start := time.Now()
	publishing, cancel := context.WithTimeout(ctx, s.cfg.For)
	defer cancel()
	errs := make([]error, len(s.sources))
	var wg sync.WaitGroup
	for i, src := range s.sources {
		wg.Go(func() {
			errs[i] = src.run(publishing, func() bool { return s.app.Status(src.stream).Phase == hub.Watching })
			cancelOn(errs[i], cancel)
		})
	}
	looks := s.watch(publishing, start)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, src := range s.sources {
		if err := s.settled(ctx, src); err != nil {
			return nil, err
		}
	}
	return s.report(looks, time.Since(start)), nil
}

func cancelOn(err error, cancel func()) {
	if err != nil {
		cancel()
	}
}

// makeSources waits for every receiver, so that nothing is published before it listens.
func (s *soak) makeSources(ctx context.Context, c *config.Config) error {
	motor, sound, err := motorSignals()
	if err != nil {
		return err
	}
	noise, err := noiseSignals(s.cfg.Seed)
	if err != nil {
		return err
	}
	for i, name := range c.StreamNames() {
		cfg := c.Streams[name]
		src := &source{
			nc: s.app.Connection(), stream: name, stored: cfg.Transport == "jetstream", rateHz: cfg.RateHz, wide: len(cfg.Channels), rows: 100, parts: motor, sound: sound,
			rnd: rand.New(rand.NewPCG(s.cfg.Seed, uint64(i))),
		}
		if src.wide == 1 {
			src.parts, src.sound, src.rows = noise, len(noise), 5000
		}
		src.often = max(1, usualBlocks*float64(src.rows)/src.rateHz)
		src.spoilt = func(part string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.spoilt[name+"\x00"+part] = true
		}
		s.sources = append(s.sources, src)
		s.streams[name] = &StreamReport{Stream: name, Verdicts: map[string]int{}}
		for counts(s.app, name).Opened == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return s.app.Connection().FlushTimeout(10 * time.Second)
}

// watch looks at what the process holds until ctx ends.
func (s *soak) watch(ctx context.Context, start time.Time) (looks []Usage) {
	every := max(250*time.Millisecond, s.cfg.For/40)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return looks
		case <-tick.C:
		}
		u := look(start)
		looks = append(looks, u)
		if s.cfg.Progress != nil && n%4 == 0 {
			s.cfg.Progress(fmt.Sprintf("%s of %s: %.1f MiB in use, %d goroutines, %d files", u.At.Round(time.Second), s.cfg.For, u.HeapMiB, u.Goroutines, u.Files))
		}
	}
}

// settled waits until the parts that a source has ended are over here too.
func (s *soak) settled(ctx context.Context, src *source) error {
	end := time.Now().Add(settle)
	for {
		s.mu.Lock()
		n := s.streams[src.stream].Parts
		s.mu.Unlock()
		if n >= src.truth.Parts {
			return nil
		}
		if time.Now().After(end) {
			return nil // the report says that parts are missing
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// part implements app.Observer.
func (s *soak) part(p ledger.Part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := p.Stream + "\x00" + p.Part
	if wrong := s.streams[p.Stream].part(&p, s.spoilt[key]); wrong != "" && len(s.wrong) < 20 {
		s.wrong = append(s.wrong, wrong)
	}
	delete(s.spoilt, key)
}

// alarm implements app.Observer.
func (s *soak) alarm(ev alert.Event) {
	if ev.Change == alert.Raised {
		s.mu.Lock()
		s.alarms[string(ev.Alarm.Kind)]++
		s.mu.Unlock()
	}
}

func (s *soak) report(looks []Usage, took time.Duration) *Report {
	r := &Report{OK: true, Problems: []string{}, Seconds: took.Seconds(), Version: s.cfg.Version, Looks: looks}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Alarms = s.alarms
	for _, wrong := range s.wrong {
		r.problem("%s", wrong)
	}
	for _, src := range s.sources {
		st := s.streams[src.stream]
		st.Truth, st.Counts = src.truth, counts(s.app, src.stream)
		r.stream(st)
		r.Streams = append(r.Streams, *st)
	}
	var grew []string
	r.Before, r.After, grew = compare(looks)
	for _, what := range grew {
		r.problem("grew from the second quarter of the run to the last: %s", what)
	}
	if n := s.alarms[string(alert.KindHeartbeat)]; n > 0 {
		r.problem("the heartbeat was missing %d times", n)
	}
	if _, ok := s.app.Heartbeat(); !ok {
		r.problem("the heartbeat is missing")
	}
	return r
}
