package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"crackle/alert"
	"crackle/detector/ledger"
	"crackle/web"
	"crackle/web/api"
	"crackle/web/auth"
	"crackle/web/hub"
)

// serve opens the dashboard. A port that is taken does not keep the monitor from its work: it is said, and tried again until it is free.
func (a *App) serve() error {
	doors, err := a.doors()
	if err != nil {
		return err
	}
	cfg := web.Config{
		Listen: a.config().Server.Listen, NextFreePort: a.config().Server.NextFreePort, Doors: doors, Monitor: monitor{a}, Providers: a.providers(), Hub: a.hub, Gatherer: a.registry,
		Version: a.version, Log: a.log,
	}
	server, err := web.New(cfg)
	if err != nil && !errors.Is(err, web.ErrPortInUse) {
		return err
	}
	if err != nil {
		a.log.Error("the dashboard cannot listen; watching goes on, and it is tried again every 2 s: free the port, or set server.listen to another", "err", err)
	} else {
		a.listening(server)
	}
	a.life.start("dashboard", nil, func(ctx context.Context) error {
		for server == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(2 * time.Second):
			}
			if server, err = web.New(cfg); err == nil {
				a.listening(server)
			}
		}
		select { // what a request may ask for is there; until then requests wait at the listener
		case <-a.wired:
		case <-ctx.Done():
			return server.Close()
		}
		return server.Run(ctx)
	})
	return nil
}

// doors say who may use the dashboard, and how.
func (a *App) doors() (web.Doors, error) {
	users, err := auth.OpenUsers(a.config().UsersFile())
	s := a.config().Server
	return web.Doors{
		Users: users, Hosts: s.Hosts, PublicURL: s.PublicURL, CertFile: s.CertFile, KeyFile: s.KeyFile, SessionIdle: seconds(s.SessionIdleS), SessionWhole: seconds(s.SessionS),
		SessionFolder: a.config().Store.Dir,
	}, err
}

// providers are what the API reads beside the monitor.
func (a *App) providers() api.Providers {
	p := api.Providers{
		History: a, Parts: partsReader{a}, Reports: partsReader{a}, Desk: monitor{a}, System: newSystemReader(a), Backtest: backtester{a},
		Models: lessons{a}, Teacher: lessons{a}, Lost: lessons{a}, Judge: lessons{a}, Journal: journalReader{a, make(chan struct{}, 1)}, Sinks: sinkTester{a}, Envelope: a,
		Shapes: map[string]any{"part": ledger.Part{}, "lot": ledger.Lot{}, "backtest": BacktestReport{}, "models": ModelList{}, "inspection": Inspection{}, "lesson": ModelInfo{}, "judgement": Judgement{}},
	}
	if a.keeper != nil {
		p.Evidence = a
	}
	return p
}

func (a *App) listening(s *web.Server) {
	u := s.URL()
	a.address.Store(&u)
	a.log.Info("dashboard", "address", u)
}

// publicURL is the base of the links in messages.
func (a *App) publicURL() string {
	if a.config().Server.PublicURL != "" {
		return a.config().Server.PublicURL
	}
	if u := a.URL(); u != "" {
		return u
	}
	scheme := "http://"
	if a.config().Server.CertFile != "" {
		scheme = "https://"
	}
	return scheme + a.config().Server.Listen
}

// monitor is the app as the web server sees it.
type monitor struct{ *App }

// publishRow shows the dashboards where one stream stands now.
func (a *App) publishRow(stream string) {
	if s := a.stream(stream); s != nil {
		a.hub.PublishStream(a.row(s, a.openAlarms(), time.Now()))
	}
}

// Streams implements web.Monitor.
func (m monitor) Streams() []hub.StreamStatus { return m.rows(m.list()) }

// rows are what people are shown of streams, in their order.
func (a *App) rows(streams []*stream) []hub.StreamStatus {
	open := a.openAlarms()
	now := time.Now()
	out := make([]hub.StreamStatus, len(streams))
	for i, s := range streams {
		out[i] = a.row(s, open, now)
	}
	return out
}

// Alarms implements web.Monitor.
func (m monitor) Alarms() []alert.Alarm {
	s := m.machine.Snapshot()
	return append(s.Open, s.Recent...)
}

// Acknowledge implements web.Monitor.
func (m monitor) Acknowledge(ctx context.Context, id, by, comment string) error {
	return m.machine.Acknowledge(ctx, alert.Acknowledgement{ID: id, By: by, Comment: comment})
}

// Readiness implements web.Monitor.
func (m monitor) Readiness() web.Readiness {
	r := web.Readiness{Connected: m.conn.IsConnected(), ModelsLoaded: true, Problems: []string{}, Unseen: []string{}}
	if !r.Connected {
		r.Problems = append(r.Problems, "not connected to NATS at "+m.natsAddress()+": start the server, or correct [nats]; it is tried again all the time")
	}
	if text := m.takenOver.Load(); text != nil {
		r.Problems = append(r.Problems, *text)
	}
	if trouble := m.storeTrouble.Load(); trouble != nil && r.Connected {
		r.Problems = append(r.Problems, *trouble)
	}
	if r.NoHeartbeat = m.heartbeat.missing(time.Now()); r.NoHeartbeat {
		r.Problems = append(r.Problems, "the monitor's own test signal does not come through: the log says what stands still; a restart may help")
	}
	for _, s := range m.list() {
		if ok, problem := s.status.model(); !ok {
			r.ModelsLoaded = false
			r.Problems = append(r.Problems, problem)
		}
		if s.receiver.Counts().LastData.IsZero() {
			r.Unseen = append(r.Unseen, s.cfg.Name)
		}
	}
	return r
}

func (a *App) natsAddress() string {
	if a.config().NATS.Embedded() {
		return "the embedded server"
	}
	return strings.TrimSpace(a.config().NATS.URL)
}

// openAlarms is what is open of one stream.
type openAlarms struct {
	all    int
	scores bool // one of the score is active
}

// openAlarms counts the open alarms by stream.
func (a *App) openAlarms() map[string]openAlarms {
	out := map[string]openAlarms{}
	for _, al := range a.machine.Snapshot().Open {
		o := out[al.Stream]
		o.all++
		o.scores = o.scores || al.Kind == alert.KindScore && al.State.Active()
		out[al.Stream] = o
	}
	return out
}

// row is what people are shown of one stream.
func (a *App) row(s *stream, open map[string]openAlarms, now time.Time) hub.StreamStatus {
	o := open[s.cfg.Name]
	row := s.status.read(s.receiver.Counts(), o.scores, now)
	row.OpenAlarms = o.all
	return row
}
