package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/config"
	"crackle/detector/ledger"
	"crackle/detector/master"
)

// The JetStream stream that keeps every measurement of a reference part, one message each, on a subject for each stream. They have no age: a
// chart's limits rest on the first ones.
const (
	mastersStore   = "CRACKLE_MASTERS"
	mastersSubject = "crackle.master."
	mastersKept    = 10_000 // of a stream
	mastersWaiting = 256    // that may wait for the store
	mastersLook    = time.Minute
)

// Measurements reads what the reference parts of a stream measured, as it is kept on a server, in the order of measuring, each once. No store
// yet is an empty list.
func Measurements(ctx context.Context, conn *nats.Conn, stream string) ([]master.Measurement, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	st, err := js.Stream(ctx, mastersStore)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reference parts: open %s: %w", mastersStore, err)
	}
	var out []master.Measurement
	seen := map[[2]uint64]bool{}
	for seq := uint64(1); ; {
		msg, err := st.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(mastersSubject+stream))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reference parts: read %s: %w", mastersStore, err)
		}
		seq = msg.Sequence + 1
		var m master.Measurement
		if err := json.Unmarshal(msg.Data, &m); err != nil {
			return nil, fmt.Errorf("reference parts: message %d of %s cannot be read: %w", msg.Sequence, mastersStore, err)
		}
		if key := [2]uint64{m.Run, m.First}; !seen[key] {
			seen[key] = true
			out = append(out, m)
		}
	}
}

// MasterCharts draws up the control charts of a stream's reference parts, in the order of the configuration.
func MasterCharts(s *config.Stream, all []master.Measurement) ([]*master.Chart, error) {
	_, tolerance, err := s.MinChanges()
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", s.Name, err)
	}
	var out []*master.Chart
	for _, name := range s.Master.Parts {
		c, err := master.New(master.Config{
			Name: name, Learn: s.Master.Measurements, FalseAlarms: s.Master.FalseAlarms, Weight: s.Master.Weight, MinChange: tolerance,
		})
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.Name, err)
		}
		for _, m := range all {
			if master.Names(s.Master.Parts).Of(m.Part) != name || m.At.Before(s.Master.Start()) {
				continue
			}
			if _, _, err := c.Add(m); err != nil {
				return nil, fmt.Errorf("stream %s: %w", s.Name, err)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// measured is a measurement on its way to its chart.
type measured struct {
	stream *config.Stream
	master.Measurement
}

// masterKeeper keeps measurements and judges them, in a goroutine of its own, so that no stream waits for the store.
type masterKeeper struct {
	app     *App
	started time.Time
	js      jetstream.JetStream
	queue   chan measured
	known   map[string][]master.Measurement // by stream, once read
	told    map[string]bool                 // streams whose alarm holds
	backlog backlog
	log     *slog.Logger
}

// openMasters makes the keeper of measurements and starts it.
func (a *App) openMasters() error {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return err
	}
	k := &masterKeeper{app: a, started: time.Now(), js: js, queue: make(chan measured, mastersWaiting), known: map[string][]master.Measurement{}, told: map[string]bool{}, log: a.log}
	a.masters = k
	a.life.start("reference parts", nil, k.run)
	return nil
}

// refer hands on what a reference part that is over measured.
func (s *stream) refer(p *ledger.Part) {
	m, why := s.chain.Measured(p)
	if why != "" {
		s.log.Warn("reference part not measured: measure it again", "part", p.Part, "why", why)
		return
	}
	select {
	case s.app.masters.queue <- measured{&s.cfg, m}:
		s.app.masters.backlog.given.Add(1)
	default:
		s.log.Error("the measurement of a reference part is lost: the store has been away for too long", "part", p.Part)
	}
}

// run looks at what is known of every stream, then takes measurements until ctx ends and none waits.
func (k *masterKeeper) run(ctx context.Context) error {
	for _, s := range k.app.list() {
		if len(s.cfg.Master.Parts) > 0 && k.read(ctx, &s.cfg) {
			k.tell(ctx, &s.cfg)
		}
	}
	tick := time.NewTicker(mastersLook)
	defer tick.Stop()
	for {
		select {
		case m := <-k.queue:
			k.take(ctx, m)
		case <-tick.C:
			for _, s := range k.app.list() {
				if s.cfg.Master.DueH > 0 || k.told[s.cfg.Name] { // settings may have been exchanged since
					k.tell(ctx, &s.cfg)
				}
			}
		case <-ctx.Done():
			return k.drain()
		}
	}
}

// drain stores what waits at the stop.
func (k *masterKeeper) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), partsDrain)
	defer cancel()
	for {
		select {
		case m := <-k.queue:
			k.take(ctx, m)
		default:
			return nil
		}
	}
}

// take judges a measurement, then keeps it: telling people comes before not repeating.
func (k *masterKeeper) take(ctx context.Context, m measured) {
	defer k.backlog.done.Add(1)
	if !k.read(ctx, m.stream) {
		k.log.Error("the measurement of a reference part is lost: its store could not be read before the stop", "stream", m.Stream, "part", m.Part)
		return
	}
	name, key := m.stream.Name, func(o master.Measurement) bool { return o.Run == m.Run && o.First == m.First }
	if slices.ContainsFunc(k.known[name], key) {
		return // the signal was read again
	}
	k.known[name] = append(k.known[name], m.Measurement)
	k.tell(ctx, m.stream)
	k.again(ctx, "the measurement of a reference part is not stored yet", name, func(ctx context.Context) error { return k.store(ctx, &m.Measurement) })
}

// read makes sure that what is kept of a stream is known; false: not before ctx ended.
func (k *masterKeeper) read(ctx context.Context, s *config.Stream) bool {
	if _, ok := k.known[s.Name]; ok {
		return true
	}
	return k.again(ctx, "the measurements of reference parts cannot be read yet", s.Name, func(ctx context.Context) error {
		all, err := Measurements(ctx, k.app.conn, s.Name)
		if err == nil {
			k.known[s.Name] = all
		}
		return err
	})
}

// again tries until f succeeds or ctx ends, and says once that it has to.
func (k *masterKeeper) again(ctx context.Context, what, stream string, f func(context.Context) error) bool {
	for told := false; ; {
		once, cancel := context.WithTimeout(ctx, partsTimeout)
		err := f(once)
		cancel()
		if err == nil {
			return true
		}
		if !told && ctx.Err() == nil {
			told = true
			k.log.Warn(what+"; it is tried again all the time", "stream", stream, "err", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(partsRetry):
		}
	}
}

func (k *masterKeeper) store(ctx context.Context, m *master.Measurement) error {
	most := int64(-1)
	if k.app.config().NATS.Embedded() { // an external server's own limits rule there
		most = k.app.config().Store.MaxBytes / 1000
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := k.js.Stream(ctx, mastersStore); errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = k.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: mastersStore, Subjects: []string{mastersSubject + ">"}, Description: "what reference parts measured",
			Storage: jetstream.FileStorage, MaxBytes: most, MaxMsgsPerSubject: mastersKept, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, AllowDirect: true,
		})
		if err != nil {
			return err
		}
	}
	id := fmt.Sprintf("%s/%016x/%d", m.Stream, m.Run, m.First)
	_, err = k.js.PublishMsg(ctx, &nats.Msg{Subject: mastersSubject + m.Stream, Header: nats.Header{jetstream.MsgIDHeader: {id}}, Data: body})
	return err
}
