package app

import (
	"context"
	"fmt"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/cmd/crackle/config"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/web/hub"
)

// wire builds the whole path of a sample and starts it, from the people who are told back to the sensors:
//
//	NATS ──► ingest ──► window/filter ──► window ──► detector ──► alert ──► sinks
//	                                                    └──► hub ──► dashboards
//
// Each stream has a receiver and, behind a bounded queue, one goroutine that conditions and scores; all of them feed one alarm machine; each
// sink has a goroutine and a queue of its own. What is started last is stopped first.
func (a *App) wire(ctx context.Context) error {
	// The server, whose connection every receiver shares.
	if err := a.open(ctx); err != nil {
		return err
	}

	// Dashboards: the hub, which the server runs, never holds anybody up.
	h, err := hub.New(hub.Config{Log: a.log, Registerer: a.registry})
	if err != nil {
		return err
	}
	a.hub = h
	if err := a.openEvidence(); err != nil {
		return err
	}
	if err := a.openParts(); err != nil {
		return err
	}
	if err := a.makeStreams(); err != nil {
		return err
	}
	if err := a.openHeartbeat(ctx, a.stored()); err != nil {
		return err
	}
	if err := a.openJournal(ctx); err != nil { // and the machine that goes on with the alarms that it knows
		return err
	}
	a.showAlarms()
	if err := a.serve(); err != nil {
		return err
	}

	// The alarm machine's listeners, then the machine. The journal ends after the sinks, whose deliveries it keeps.
	a.teller("journal", func(context.Context) { close(a.journal.end) }, a.journal.run)
	toSinks := newTelling(a)
	if err := a.makeSinks(toSinks.to); err != nil {
		return err
	}
	a.life.start("sinks", func(context.Context) {}, a.sinks.Run)           // ends when the next one closes its channel,
	a.life.start("alarms to sinks", func(context.Context) {}, toSinks.run) // and that one when the machine closes its listener
	toHub := a.machine.Listen("dashboards", 1024)
	a.life.start("alarms to dashboards", func(context.Context) {}, func(context.Context) error {
		for ev := range toHub.C {
			if ev.Alarm.ID != "" { // a shelf or a service that changed is no alarm
				a.hub.PublishAlarm(ev.Alarm)
				a.publishRow(ev.Alarm.Stream) // so that row and list agree
			}
			if a.observe.Alarm != nil {
				a.observe.Alarm(ev)
			}
		}
		return nil
	})
	toEvidence := a.machine.Listen("evidence", 1024)
	a.life.start("alarms to evidence", func(context.Context) {}, func(context.Context) error { a.watchAlarms(toEvidence.C); return nil })
	a.teller("alarm machine", func(context.Context) { a.machine.Drain() }, a.machine.Run)
	a.life.start("checkpoints", nil, a.checkpoints.run)

	if err := a.openMasters(); err != nil {
		return err
	}
	a.openModels()
	a.openSchool()

	// Streams: condition and score behind each receiver's queue.
	for _, s := range a.list() {
		s.find(true)
		s.score()
	}
	a.registerMetrics()
	if a.pulse, err = newPulse(a); err != nil {
		return err
	}
	a.teller("pulse", nil, a.pulse.run)
	close(a.wired)

	// Sources last: from here on samples flow.
	if err := a.openStore(ctx); err != nil {
		return err
	}
	for _, s := range a.list() {
		s.receive()
	}
	a.checkpoints.place(ctx, a.list()) // each goes on from where the last run ended
	a.heartbeat.start()
	return a.checkpoints.listen()
}

// teller starts a task that is ended, the newest first, when another crackle goes on with the alarms.
func (a *App) teller(name string, stop func(context.Context), f func(context.Context) error) {
	a.tellers = append([]*task{a.life.start(name, stop, f)}, a.tellers...)
}

// score starts the stream's goroutine, which ends when its receiver closes the queue.
func (s *stream) score() {
	s.tasks = append(s.tasks, s.app.life.start("stream "+s.cfg.Name, func(context.Context) {}, s.run))
}

// receive starts the stream's receiver, which begins when it is known where.
func (s *stream) receive() {
	s.tasks = append([]*task{s.app.life.start("receiver "+s.cfg.Name, nil, func(ctx context.Context) error {
		select {
		case <-s.placed:
		case <-ctx.Done():
		}
		return s.receiver.Run(ctx)
	})}, s.tasks...)
}

// makeStreams builds every configured stream, in alphabetical order.
func (a *App) makeStreams() error {
	var list []*stream
	for _, name := range a.config().StreamNames() {
		cfg := a.config().Streams[name]
		start := ingest.Start{From: ingest.FromNew}
		if cfg.Start == "all" {
			start.From = ingest.FromOldest
		}
		s, err := a.makeStream(cfg, start)
		if err != nil {
			return err
		}
		list = append(list, s)
	}
	a.streams.Store(&list)
	return nil
}

// makeStream builds a stream with a receiver of its own.
func (a *App) makeStream(cfg config.Stream, start ingest.Start) (*stream, error) {
	decoder, err := block.NewDecoder(cfg.Decoding())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	r, err := ingest.New(a.conn, ingest.Config{
		Stream: cfg.Name, Subject: cfg.Subject, Channels: len(cfg.Channels), RateHz: cfg.RateHz, Decoder: decoder,
		JetStream: cfg.Transport == "jetstream", Start: start, Queue: cfg.QueueBlocks, Horizon: cfg.ReorderBlocks, Unused: consumerUnused, Log: a.log,
	})
	if err != nil {
		return nil, err
	}
	r.Bypass(a.refusing.Load())
	s, err := newStream(a, cfg, r)
	if err != nil {
		return nil, err
	}
	a.hub.PublishStream(s.status.read(ingest.Counts{}, false, time.Now())) // dashboards know it before its first data
	return s, nil
}

func (a *App) alarmStreams() []alert.Stream {
	var out []alert.Stream
	for _, s := range a.list() {
		out = append(out, s.alarmStream(false))
	}
	return out
}

// makeSinks builds every configured sink behind one dispatcher of events.
func (a *App) makeSinks(events <-chan alert.Event) error {
	first, told := a.journal.told(a.config().SinkNames())
	desks, err := a.desks(a.config(), nil)
	if err != nil {
		return err
	}
	sinks, each := a.useDesks(a.config(), desks)
	a.sinks, err = notify.New(notify.Config{
		Events: events, Sinks: sinks, Null: a.heartbeat, Each: each, Link: a.publicURL(), Log: a.log,
		First: first, Told: told, Done: a.journal.done,
		Drain: seconds(a.config().Server.StopS / 3), // of a stop, so that what comes after the sinks has time too
	})
	return err
}
