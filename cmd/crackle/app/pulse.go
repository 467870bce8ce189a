package app

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"crackle/alert"
	"crackle/alert/health"
	"crackle/ingest"
	"crackle/ingest/block"
)

const (
	statusEvery = 250 * time.Millisecond // between two states of a row on the dashboards
	healthEvery = time.Second            // between two looks at the signals' health
	modelEvery  = 5 * time.Second        // between two looks for a model file that is missing
)

// pulse tells the dashboards where each stream stands, watches over the signals' health, and looks for missing models. It reads counters and
// belongs to one goroutine.
type pulse struct {
	app     *App
	mu      sync.Mutex // held during a look at the signals' health, so that nothing found of a stream comes after it was removed
	watcher *health.Watcher
	known   map[string]*ingest.Receiver // of the streams that are watched
	ended   map[string]bool             // streams of which no more data is expected
	counts  map[string]ingest.Counts    // at the last look
	why     map[string]string           // what was wrong with the newest payloads that could not be read
	seen    []health.Observation
	found   []alert.Condition
}

func newPulse(a *App) (*pulse, error) {
	p := &pulse{
		app: a, known: map[string]*ingest.Receiver{}, ended: map[string]bool{},
		counts: map[string]ingest.Counts{}, why: map[string]string{},
	}
	var streams []health.Stream
	for _, s := range a.list() {
		streams = append(streams, s.healthStream())
		p.known[s.cfg.Name] = s.receiver
	}
	var err error
	p.watcher, err = health.New(health.Config{Start: time.Now(), Heartbeat: a.heartbeat.patience}, streams)
	return p, err
}

func (s *stream) healthStream() health.Stream {
	h := &s.cfg.Health
	return health.Stream{
		Name: s.cfg.Name, NoData: seconds(s.cfg.NoDataS), RateHz: s.cfg.RateHz, Channels: s.cfg.Channels, Flat: seconds(h.FlatS), SaturatedShare: h.SaturatedShare,
		RateTolerance: h.RateTolerance, Behind: seconds(h.BehindS), Warranty: seconds(h.ModelWarrantyS),
	}
}

func (p *pulse) run(ctx context.Context) error {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	checked, looked := time.Now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			now := time.Now() // the tick's own time may be from before the process was stopped, and what is looked at from after it
			for _, row := range (monitor{p.app}).Streams() {
				p.app.hub.PublishStream(row)
			}
			if now.Sub(checked) >= healthEvery {
				checked = now
				p.check(ctx, now)
			}
			if now.Sub(looked) >= modelEvery {
				looked = now
				p.look()
			}
		}
	}
}

// check hands what is wrong with the signals or the connection to the alarm machine.
func (p *pulse) check(ctx context.Context, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.follow(now)
	p.seen = p.seen[:0]
	for _, s := range p.app.list() {
		if s.witness != nil {
			s.witness.Poll()
		}
		if over := s.status.isOver(); over != p.ended[s.cfg.Name] {
			p.ended[s.cfg.Name] = over
			if over {
				p.watcher.Remove(s.cfg.Name)
			} else if err := p.watcher.Add(s.healthStream(), now); err != nil {
				s.log.Error("stream not watched for silence", "err", err)
			}
		}
		if !p.ended[s.cfg.Name] {
			p.seen = append(p.seen, p.observe(s, now))
		}
	}
	p.found = p.watcher.Step(p.found[:0], p.shared(), p.seen, now)
	p.tell(ctx)
}

// follow takes up streams that were added, lets go of those that were removed, and learns of changed settings. A stream with another receiver counts
// as another one.
func (p *pulse) follow(now time.Time) {
	for name, r := range p.known {
		if s := p.app.stream(name); s == nil || s.receiver != r {
			p.watcher.Remove(name)
			delete(p.known, name)
			delete(p.ended, name)
			delete(p.counts, name)
			delete(p.why, name)
		}
	}
	for _, s := range p.app.list() {
		var err error
		switch {
		case p.known[s.cfg.Name] == nil:
			p.known[s.cfg.Name] = s.receiver
			err = p.watcher.Add(s.healthStream(), now)
		case !p.ended[s.cfg.Name]:
			err = p.watcher.Change(s.healthStream())
		}
		if err != nil {
			s.log.Error("stream not watched for silence", "err", err)
		}
	}
}

// settled waits until a look that is under way is over.
func (p *pulse) settled() {
	p.mu.Lock()
	defer p.mu.Unlock()
}

// shared reads the state of what all streams share.
func (p *pulse) shared() *health.Monitor {
	a := p.app
	m := &health.Monitor{Connection: health.Connection{Up: a.conn.IsConnected(), Server: a.natsAddress()}, Store: a.storeProblem(), Beat: a.heartbeat.last()}
	if err := a.conn.LastError(); err != nil && !m.Up {
		m.Why = err.Error()
	}
	for _, c := range a.sinks.Counters() {
		if c.Failing {
			m.Sinks = append(m.Sinks, c.Sink)
		}
	}
	return m
}

// observe reads one stream's counters.
func (p *pulse) observe(s *stream, now time.Time) health.Observation {
	c, name := s.receiver.Counts(), s.cfg.Name
	if old := p.counts[name]; unreadable(&c) > unreadable(&old) {
		p.why[name] = why(&c, &old)
	}
	p.counts[name] = c
	o := health.Observation{
		Stream: name, Last: c.LastData, End: c.LastEnd, Missing: c.Missing, GapRun: c.GapRun, GapAt: c.GapAt, Dropped: c.Dropped.Samples, Unreadable: unreadable(&c), Why: p.why[name],
	}
	s.status.observe(&o, &c, now)
	if m := s.served.Load(); m != nil {
		o.Taught = m.Record.Created
	}
	return o
}

func unreadable(c *ingest.Counts) uint64 {
	return c.MalformedTotal() + c.WrongRate.Blocks + c.WrongChannels.Blocks
}

// why says in words what could not be read since old.
func why(c, old *ingest.Counts) string {
	var kinds []string
	add := func(n uint64, what string) {
		if n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, what))
		}
	}
	for k := range c.Malformed {
		add(c.Malformed[k]-old.Malformed[k], "malformed ("+block.Kind(k).String()+")")
	}
	add(c.WrongRate.Blocks-old.WrongRate.Blocks, "of another rate")
	add(c.WrongChannels.Blocks-old.WrongChannels.Blocks, "of another channel count")
	return strings.Join(kinds, ", ")
}

func (p *pulse) tell(ctx context.Context) {
	for _, c := range p.found {
		if err := p.app.machine.Condition(ctx, c); err != nil && ctx.Err() == nil {
			p.app.log.Error("finding not taken by the alarm machine", "stream", c.Stream, "kind", c.Kind, "err", err)
		}
	}
}

// look tries again to find models that are missing.
func (p *pulse) look() {
	for _, s := range p.app.list() {
		if ok, _ := s.status.model(); !ok {
			s.find(false)
		}
	}
}
