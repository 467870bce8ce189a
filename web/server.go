package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"crackle/web/api"
	"crackle/web/auth"
	"crackle/web/hub"
	"crackle/web/ui"
)

// Config shapes a Server.
type Config struct {
	Listen       string // host:port; another than a loopback address needs Users; port 0 picks a free one; default 127.0.0.1:8080
	NextFreePort bool   // when the port is taken, take the nearest free one above it
	Doors
	Monitor     Monitor
	Providers   api.Providers // what the API reads beyond the monitor
	Hub         *hub.Hub
	Gatherer    prometheus.Gatherer // what /metrics shows; nil means /metrics is not served
	Version     string
	Files       fs.FS         // the built dashboard; nil means the one built into the program
	StopWithin  time.Duration // for requests under way when Run is told to stop; default 5 s
	WriteWithin time.Duration // for each piece of an answer to be taken by the other side; default 30 s
	Log         *slog.Logger  // nil uses slog.Default
}

// Server serves the dashboard, the API and the live feed.
type Server struct {
	cfg      Config
	listener net.Listener
	cert     *certificate // nil without TLS
	calls    *api.Handler
	http     *http.Server
	close    sync.Once
}

// New checks cfg and opens the listen address, so that a taken port is known at once and Addr is right before Run. Call Run or Close.
func New(cfg Config) (*Server, error) {
	if cfg.Monitor == nil || cfg.Hub == nil {
		return nil, errors.New("web: Config.Monitor and Config.Hub: found nil, both are required")
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:8080"
	}
	if cfg.StopWithin <= 0 {
		cfg.StopWithin = 5 * time.Second
	}
	if cfg.WriteWithin <= 0 {
		cfg.WriteWithin = 30 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Files == nil {
		cfg.Files = ui.Files()
	}
	door, err := cfg.Doors.door(cfg.Listen, cfg.Log)
	if err != nil {
		return nil, err
	}
	handler, calls, err := routes(&cfg, door)
	if err != nil {
		return nil, err
	}
	cert, err := cfg.Doors.certificate(cfg.Log)
	if err != nil {
		return nil, err
	}
	l, err := listen(cfg.Listen, cfg.NextFreePort)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, listener: l, cert: cert, calls: calls, http: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      cfg.WriteWithin,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}}
	if cert != nil {
		s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: cert.get}
	} else if host, _, _ := net.SplitHostPort(cfg.Listen); !loopback(host) {
		cfg.Log.Warn("the dashboard is open to other machines without TLS: passwords cross the network in the clear; set server.cert_file and server.key_file", "listen", cfg.Listen)
	}
	return s, nil
}

func (s *Server) serve() error {
	if s.cert != nil {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is where the dashboard is, for a browser on this machine.
func (s *Server) URL() string {
	scheme, addr := "http", s.Addr().String()
	if s.cert != nil {
		scheme = "https"
	}
	if a, ok := s.Addr().(*net.TCPAddr); ok && a.IP.IsUnspecified() {
		addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(a.Port))
	}
	return scheme + "://" + addr + "/"
}

// Close gives the listen address back when Run will not be called.
func (s *Server) Close() error {
	var err error
	s.close.Do(func() { err = s.listener.Close() })
	return err
}

// Run serves, and runs the hub, until ctx ends: then the dashboards are told, requests under way get Config.StopWithin, and Run
// returns nil. It returns an error when serving fails.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hubEnded := make(chan error, 1)
	go func() { hubEnded <- s.cfg.Hub.Run(ctx) }()
	served := make(chan error, 1)
	go func() { served <- s.serve() }()

	var failed error
	select {
	case failed = <-served:
		cancel()
		stop, done := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopWithin)
		defer done()
		failed = errors.Join(fmt.Errorf("web: serve on %s: %w", s.Addr(), failed), <-hubEnded, s.calls.Stop(stop))
		s.Close()
		return failed
	case failed = <-hubEnded: // by ctx, or because it could not run at all
	}
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopWithin)
	defer done()
	if err := s.calls.Stop(stop); err != nil {
		s.cfg.Log.Warn("the stop went on without them", "waited", s.cfg.StopWithin, "error", err)
	}
	if err := s.http.Shutdown(stop); err != nil {
		s.cfg.Log.Warn("requests were cut off because they did not end in time", "waited", s.cfg.StopWithin, "error", err)
		s.http.Close()
	}
	<-served
	s.Close()
	return failed
}

// routes lays out the paths. Every request passes the Host check and gets the security headers.
func routes(cfg *Config, door *auth.Door) (http.Handler, *api.Handler, error) {
	calls, err := api.New(api.Config{Monitor: cfg.Monitor, Providers: cfg.Providers, Door: door, Version: cfg.Version, Within: cfg.WriteWithin, Log: cfg.Log})
	if err != nil {
		return nil, nil, err
	}
	files, err := newFiles(cfg.Files)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", files)
	mux.Handle("/api/", calls)
	mux.Handle("GET /api/v1/live", live(door, cfg.Hub))
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", readyz(door, cfg.Monitor))
	if cfg.Gatherer != nil {
		mux.Handle("GET /metrics", viewers(door, promhttp.HandlerFor(cfg.Gatherer, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn)})))
	}
	return guard(door, mux), calls, nil
}
