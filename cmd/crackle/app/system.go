package app

import (
	"context"
	"math"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/rnn/kernel"
	"crackle/web/api"
)

const (
	systemEvery = time.Second     // the answer is made anew at most so often, whoever asks
	lookAtStore = 5 * time.Second // the same for what the store holds, which is asked of the server
	ratesOver   = 2 * time.Second // rates are means of at least so long
)

// systemReader implements api.SystemReader. It remembers counters to make rates of, and its last answer.
type systemReader struct {
	app     *App
	started time.Time

	mu      sync.Mutex
	last    *api.System
	made    time.Time
	store   api.StoreState
	stored  time.Time
	samples map[string]flowSample
}

// flowSample is what a stream's counters were; rates are of the time since.
type flowSample struct {
	at                       time.Time
	samples, windows         uint64
	samplesPerS, windowsPerS float64 // the newest rates
}

func newSystemReader(a *App) *systemReader {
	return &systemReader{app: a, started: time.Now(), samples: map[string]flowSample{}}
}

// System implements api.SystemReader.
func (r *systemReader) System(ctx context.Context) (*api.System, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.last != nil && now.Sub(r.made) < systemEvery {
		return r.last, nil
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := &api.System{
		Version: r.app.version, Kernel: kernel.Name(), Started: r.started.UTC(), Now: now.UTC(), Streams: []api.Flow{}, CPUs: runtime.GOMAXPROCS(0), Goroutines: runtime.NumGoroutine(),
		Memory: api.Memory{Heap: m.HeapAlloc, Total: m.Sys}, Clients: r.app.hub.Clients(), Sinks: r.sinks(), NATS: r.nats(), Heartbeat: r.heartbeat(),
	}
	for _, st := range r.app.list() {
		f := r.flow(st, now)
		s.Dropped += f.Dropped
		s.Streams = append(s.Streams, f)
	}
	if now.Sub(r.stored) >= lookAtStore {
		r.store, r.stored = r.readStore(ctx), now
	}
	s.Store = r.store
	r.last, r.made = s, now
	return s, nil
}

func (r *systemReader) flow(st *stream, now time.Time) api.Flow {
	c := st.receiver.Counts()
	row := st.status.read(c, false, now)
	f := api.Flow{
		Name: st.cfg.Name, DataAgeS: api.Number(math.NaN()), Queued: c.Queued, QueueSize: st.cfg.QueueBlocks, Pending: api.Number(math.NaN()),
		Received: c.Received.Samples, Dropped: c.Dropped.Samples, Late: c.Late.Samples, Missing: c.Missing, Malformed: row.Counts.Malformed,
	}
	f.Latency.QueueS, f.Latency.ScoringS = st.status.latency()
	f.Latency.TransportS = api.Number(math.NaN())
	if !c.LastData.IsZero() {
		f.DataAgeS = api.Number(now.Sub(c.LastData).Seconds())
		if st.cfg.TimeLapse <= 1 && row.Source == "live" { // else the signal's time is not now
			f.Latency.TransportS = api.Number(c.LastData.Sub(row.NewestTime).Seconds())
		}
	}
	if c.PendingKnown {
		f.Pending = api.Number(c.Pending)
	}
	old := r.samples[f.Name]
	if old.at.IsZero() {
		old.at = r.started
	}
	if d := now.Sub(old.at); d >= ratesOver && c.Received.Samples >= old.samples && row.Counts.Scored >= old.windows {
		old.samplesPerS = float64(c.Received.Samples-old.samples) / d.Seconds()
		old.windowsPerS = float64(row.Counts.Scored-old.windows) / d.Seconds()
	}
	if now.Sub(old.at) >= ratesOver {
		old.at, old.samples, old.windows = now, c.Received.Samples, row.Counts.Scored
	}
	r.samples[f.Name] = old
	f.SamplesPerS, f.WindowsPerS = api.Number(old.samplesPerS), api.Number(old.windowsPerS)
	return f
}

func (r *systemReader) sinks() []api.SinkState {
	out := []api.SinkState{}
	if r.app.sinks == nil {
		return out
	}
	for _, c := range r.app.sinks.Counters() {
		s := api.SinkState{Name: c.Sink, Kind: r.app.config().Sinks[c.Sink].Kind, Queued: c.Queue, Sent: c.Sent, Failed: c.Failed, Dropped: c.Dropped, Held: c.Held, Untold: c.Untold, LastSent: c.LastSent}
		if c.Failing {
			s.LastError = c.LastError
		}
		out = append(out, s)
	}
	return out
}

func (r *systemReader) nats() api.NATSState {
	c := r.app.conn
	n := c.Stats()
	s := api.NATSState{
		Connected: c.IsConnected(), Embedded: r.app.config().NATS.Embedded(), Server: r.app.natsAddress(), Version: c.ConnectedServerVersion(), RTTS: api.Number(math.NaN()),
		Reconnects: n.Reconnects, InBytes: n.InBytes, OutBytes: n.OutBytes,
	}
	if !s.Connected {
		if err := c.LastError(); err != nil {
			s.LastError = err.Error()
		}
		return s
	}
	if d, err := c.RTT(); err == nil {
		s.RTTS = api.Number(d.Seconds())
	}
	return s
}

// heartbeat says whether data can come in and be kept, as far as it is watched.
func (r *systemReader) heartbeat() api.HeartbeatRun {
	h := r.app.heartbeat
	if h == nil {
		return api.HeartbeatRun{Text: "it has not begun"}
	}
	out := api.HeartbeatRun{OK: !h.missing(time.Now())}
	if h.came.Load() != 0 {
		out.Last = h.last().UTC()
	}
	switch why := h.refused.Load(); {
	case why != nil:
		out.OK, out.Text = false, (*why).Error()
	case !out.OK:
		out.Text = "the monitor's own test signal does not come through"
	}
	return out
}

// readStore asks the server what it holds of ours.
func (r *systemReader) readStore(ctx context.Context) api.StoreState {
	s := api.StoreState{Bytes: api.Number(math.NaN()), MaxBytes: api.Number(math.NaN()), Streams: []api.StoredPart{}}
	if t := r.app.storeTrouble.Load(); t != nil {
		s.Trouble = *t
	}
	if !r.app.conn.IsConnected() {
		s.Trouble = "the NATS server is away"
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	js, err := jetstream.New(r.app.conn)
	if err == nil {
		var info *jetstream.AccountInfo
		if info, err = js.AccountInfo(ctx); err == nil {
			s.Bytes = api.Number(info.Store)
			switch {
			case info.Limits.MaxStore > 0:
				s.MaxBytes = api.Number(info.Limits.MaxStore)
			case r.app.config().NATS.Embedded():
				s.MaxBytes = api.Number(r.app.config().Store.MaxBytes)
			}
			list := js.ListStreams(ctx)
			for i := range list.Info() {
				name := i.Config.Name
				if strings.Contains(name, "CRACKLE") || strings.HasPrefix(name, "crackle") {
					s.Streams = append(s.Streams, api.StoredPart{Name: name, Bytes: i.State.Bytes, MaxBytes: i.Config.MaxBytes, Messages: i.State.Msgs, Oldest: i.State.FirstTime, Newest: i.State.LastTime})
				}
			}
			err = list.Err()
		}
	}
	if err != nil && s.Trouble == "" {
		s.Trouble = err.Error()
	}
	return s
}
