package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"crackle/alert"
	"crackle/detector"
)

// Config shapes a Hub. The zero value of each field takes its default.
type Config struct {
	Tick       time.Duration // between two updates; default 50 ms
	StallAfter time.Duration // a client that answers no ping for so long is cut; default 10 s
	Queue      int           // frames waiting per client; default 64
	Allowance  int           // unacknowledged bytes per client; default 256 KiB
	MaxClients int           // more are refused with close code 1013; default 512
	History    int           // points per stream for the score plots; default 1024
	Buckets    int           // wave buckets kept per channel for a new client; default 1024
	Alarms     int           // finished alarms kept; default 200

	Log        *slog.Logger          // nil uses slog.Default
	Registerer prometheus.Registerer // nil registers nothing
}

func (c *Config) setDefaults() error {
	for _, d := range []struct {
		name  string
		value *int
		def   int
		least int
	}{
		{"Queue", &c.Queue, 64, 4},
		{"Allowance", &c.Allowance, 256 << 10, 1 << 10},
		{"MaxClients", &c.MaxClients, 512, 1},
		{"History", &c.History, 1024, 16},
		{"Buckets", &c.Buckets, 1024, 16},
		{"Alarms", &c.Alarms, 200, 1},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
		if *d.value < d.least {
			return fmt.Errorf("hub: Config.%s: found %d, allowed %d or more (0 means %d)", d.name, *d.value, d.least, d.def)
		}
	}
	if c.Tick == 0 {
		c.Tick = 50 * time.Millisecond
	}
	if c.StallAfter == 0 {
		c.StallAfter = 10 * time.Second
	}
	if c.Tick < time.Millisecond || c.StallAfter < c.Tick {
		return fmt.Errorf("hub: Config: found Tick %v and StallAfter %v, allowed Tick of 1 ms or more and StallAfter no shorter than Tick", c.Tick, c.StallAfter)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return nil
}

// Hub keeps the newest state of every stream and tells it to every client. The Publish methods may be called from any goroutine.
type Hub struct {
	cfg      Config
	upgrader websocket.Upgrader
	metrics  *metrics
	epoch    string // random; seq counts within it

	mu      sync.RWMutex // guards inboxes and order; not held while anything is sent
	inboxes map[string]*inbox
	order   []*inbox

	alarms *alarmList

	state   *state // owned by Run
	join    chan *client
	leave   chan *client
	stopped chan struct{} // closed when Run ends
	started chan struct{} // closed when Run begins
	running atomic.Bool
	count   atomic.Int64  // of clients
	unknown sync.Map      // names already warned of
	strange atomic.Uint64 // number of those names, bounded
}

// New makes a hub. Nothing is sent before Run.
func New(cfg Config) (*Hub, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	var id [8]byte
	rand.Read(id[:])
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("hub: register metrics: %w", err)
	}
	h := &Hub{
		cfg:     cfg,
		metrics: m,
		epoch:   hex.EncodeToString(id[:]),
		inboxes: make(map[string]*inbox),
		join:    make(chan *client),
		leave:   make(chan *client),
		stopped: make(chan struct{}),
		started: make(chan struct{}),
	}
	h.alarms = newAlarmList(h.cfg.Alarms)
	h.state = newState(&h.cfg, h.epoch, h.alarms)
	h.upgrader = websocket.Upgrader{CheckOrigin: sameOrigin, ReadBufferSize: 1 << 10, WriteBufferSize: 16 << 10, HandshakeTimeout: 5 * time.Second,
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			http.Error(w, reason.Error(), status)
		}}
	return h, nil
}

// PublishStream makes s the newest state of stream s.Name, and the stream known. Streams are shown in the order in which they were first
// published, so announce all of them at the start.
func (h *Hub) PublishStream(s StreamStatus) {
	h.mu.RLock()
	b := h.inboxes[s.Name]
	h.mu.RUnlock()
	if b == nil {
		b = h.announce(s.Name)
	}
	s.ID = b.id
	b.setStatus(&s)
}

func (h *Hub) announce(name string) *inbox {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b := h.inboxes[name]; b != nil {
		return b
	}
	b := newInbox(name)
	b.id = uint32(len(h.order))
	h.inboxes[name] = b
	h.order = append(h.order, b)
	return b
}

// PublishScore adds a score to its stream's plot; s is copied. A score of a stream that was never published is counted and dropped. One
// without samples, as closes a part, is no point of a plot.
func (h *Hub) PublishScore(s *detector.Score) {
	if s.First == s.End {
		return
	}
	if b := h.find(s.Stream); b != nil {
		b.addScore(s)
	}
}

// PublishWave adds an envelope to its stream's live plot; w and its buckets are copied. A wave of a stream that was never published, or
// of a channel or rate that makes no sense, is counted and dropped.
func (h *Hub) PublishWave(w *Wave) {
	b := h.find(w.Stream)
	if b == nil || len(w.MinMax) < 2 {
		return
	}
	if w.Channel < 0 || w.Channel > maxChannel || w.Kind > Conditioned || w.SamplesPerBucket < 1 || !(w.RateHz > 0) {
		h.metrics.badWave.Add(float64(len(w.MinMax) / 2))
		return
	}
	if n := b.addWave(w); n > 0 {
		h.metrics.buckets.Add(float64(n))
	}
}

// PublishAlarm makes a the newest state of the alarm with its id.
func (h *Hub) PublishAlarm(a alert.Alarm) {
	h.alarms.set(a)
}

func (h *Hub) find(name string) *inbox {
	h.mu.RLock()
	b := h.inboxes[name]
	h.mu.RUnlock()
	if b == nil {
		h.metrics.unknown.Inc()
		if _, seen := h.unknown.Load(name); !seen && h.strange.Add(1) <= 64 {
			h.unknown.Store(name, true)
			h.cfg.Log.Warn("the dashboard was sent data of a stream that was never announced; it is counted and dropped", "stream", name)
		}
	}
	return b
}

// Run sends updates until ctx ends, then closes every client with code 1001 and waits for them. It may be called once.
func (h *Hub) Run(ctx context.Context) error {
	if !h.running.CompareAndSwap(false, true) {
		return errors.New("hub: Run was called twice; make a new Hub")
	}
	close(h.started)
	tick := time.NewTicker(h.cfg.Tick)
	defer tick.Stop()
	clients := make(map[*client]struct{})
	for {
		select {
		case <-ctx.Done():
			h.closeAll(clients)
			return nil
		case c := <-h.join:
			h.admit(clients, c)
		case c := <-h.leave:
			delete(clients, c)
			h.counted(len(clients))
		case now := <-tick.C:
			h.broadcast(clients, now)
		}
	}
}

// Clients is the number of clients connected.
func (h *Hub) Clients() int { return int(h.count.Load()) }

func (h *Hub) counted(n int) {
	h.count.Store(int64(n))
	h.metrics.clients.Set(float64(n))
}

func (h *Hub) admit(clients map[*client]struct{}, c *client) {
	if len(clients) >= h.cfg.MaxClients {
		c.stop(websocket.CloseTryAgainLater, fmt.Sprintf("%d windows are open already, no more are allowed; close some", len(clients)))
	}
	clients[c] = struct{}{}
	h.counted(len(clients))
	c.offer(h.state.welcome(c.epoch, c.since, c.waves, time.Now())...)
}

// broadcast takes what is new and offers it to everyone. A client that lags gets a snapshot once its queue is empty again.
func (h *Hub) broadcast(clients map[*client]struct{}, now time.Time) {
	h.collect()
	u := h.state.update(now)
	snapshots := map[string][]*frame{} // by the waves that are wanted
	for c := range clients {
		switch {
		case !c.lagging:
			if !c.offer(u.frames(c.waves)...) {
				c.lagging = true
				c.drain()
				h.metrics.lagged.Inc()
			}
		case c.idle():
			if snapshots[c.waves] == nil {
				snapshots[c.waves] = h.state.welcome("", 0, c.waves, now)
			}
			c.lagging = !c.offer(snapshots[c.waves]...)
		}
	}
}

// collect empties the inboxes into the state.
func (h *Hub) collect() {
	h.state.begin()
	h.mu.RLock()
	order := h.order[:len(h.order):len(h.order)]
	h.mu.RUnlock()
	for _, b := range order {
		h.state.take(b)
	}
}

func (h *Hub) closeAll(clients map[*client]struct{}) {
	close(h.stopped)
	for c := range clients {
		c.stop(websocket.CloseGoingAway, stopping)
		c.conn.NetConn().SetDeadline(time.Now().Add(closeGrace)) // frees a writer that is stuck in a full socket, and one that was cut
	}
	for c := range clients {
		<-c.gone
	}
	h.counted(0)
}
