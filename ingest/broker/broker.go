package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	host      = "127.0.0.1"
	storeName = "nats" // the store's folder within the data folder
)

// Config says where the server keeps its data and how much of it.
type Config struct {
	Dir      string       // data folder; made when it is not there
	Port     int          // on loopback; 0 takes the port of last time, or a free one
	MaxBytes int64        // of the whole store; 0 leaves it to the server (three quarters of the free disk)
	Log      *slog.Logger // nil discards
}

// Broker is a running server. Its methods may be called at the same time.
type Broker struct {
	cfg  Config
	srv  atomic.Pointer[server.Server]
	lock *lock
	door door
	log  *serverLog

	reviving sync.Mutex // held by Revive and by the stop

	stop   sync.Once
	ending chan struct{} // closed when Stop is called
	done   chan struct{} // closed when the server is down and the folder is free
	err    error         // of the release, valid after done
}

// Start locks the data folder, starts the server on it and returns once clients can connect, which takes as long as JetStream needs to
// read its store. It fails when another process serves the folder (ErrLocked), when the port is taken, or when the store cannot be
// opened, and then leaves nothing running. ctx bounds the start only.
func Start(ctx context.Context, cfg Config) (*Broker, error) {
	if cfg.Dir == "" {
		return nil, errors.New("no data folder given; name one for the embedded server")
	}
	if cfg.Port < 0 || cfg.Port > 65535 {
		return nil, fmt.Errorf("port %d of the embedded server; allowed are 0 (free choice) to 65535", cfg.Port)
	}
	if cfg.MaxBytes < 0 {
		return nil, fmt.Errorf("store of %d bytes; give a size above 0, or 0 to leave it to the server", cfg.MaxBytes)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	l, err := lockFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{cfg: cfg, lock: l, log: &serverLog{log: cfg.Log}, ending: make(chan struct{}), done: make(chan struct{})}
	if err := b.start(ctx); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context) error {
	last, err := readDoor(b.cfg.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.cfg.Log.Warn("the door file is replaced; clients of the last server must read it again", "error", err)
		last = door{}
	}
	port, err := choosePort(b.cfg.Port, last.Port)
	if err != nil {
		return err
	}
	// The token outlives a restart, so that a client that waits for the server comes back by itself.
	b.door = door{Token: last.Token, PID: os.Getpid()}
	if b.door.Token == "" {
		b.door.Token = newToken()
	}
	if err := b.listen(ctx, port, true); err != nil {
		return err
	}
	srv := b.srv.Load()
	b.door.URL = srv.ClientURL()
	b.door.Port = srv.Addr().(*net.TCPAddr).Port
	if err := writeDoor(b.cfg.Dir, b.door); err != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
		return fmt.Errorf("write the door file of data folder %s: %w", b.cfg.Dir, err)
	}
	return nil
}

// listen starts a server on a port, with its store or without, and waits until clients can connect.
func (b *Broker) listen(ctx context.Context, port int, store bool) error {
	o := b.options()
	o.Host, o.Port, o.JetStream = host, port, store
	srv, err := server.NewServer(o)
	if err != nil {
		return fmt.Errorf("set up the embedded server: %w", err)
	}
	b.srv.Store(srv)
	b.log.quiet.Store(false)
	b.log.fatal.Store(nil)
	srv.SetLoggerV2(b.log, false, false, false)
	srv.Start()
	if err := b.ready(ctx, srv, store); err != nil {
		b.log.quiet.Store(true)
		srv.Shutdown()
		srv.WaitForShutdown()
		return err
	}
	return nil
}

// syncEvery is how often the server looks through its files: it flushes those that are not synced yet, and lets go of the buffers of what was written.
// Its own two minutes keep two minutes of writing in memory, which evidence alone makes a gigabyte.
const syncEvery = 10 * time.Second

// options are the server's, without its address.
func (b *Broker) options() *server.Options {
	return &server.Options{
		ServerName:             "crackle",
		Authorization:          b.door.Token,
		JetStream:              true,
		StoreDir:               filepath.Join(b.cfg.Dir, storeName),
		JetStreamMaxStore:      b.cfg.MaxBytes,
		JetStreamMaxMemory:     256 << 20,
		SyncAlways:             true,
		SyncInterval:           syncEvery,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	}
}

// ready waits until clients can connect or the server has given up.
func (b *Broker) ready(ctx context.Context, srv *server.Server, store bool) error {
	for {
		if text := b.log.fatal.Load(); text != nil {
			return fmt.Errorf("the embedded server did not start on data folder %s: %s", b.cfg.Dir, *text)
		}
		if srv.ReadyForConnections(50*time.Millisecond) && srv.JetStreamEnabled() == store {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the embedded server was not ready in time on data folder %s: %w", b.cfg.Dir, err)
		}
	}
}

// choosePort is the port to listen on: want when it is given, else last when it is free, else -1, which lets the system choose.
func choosePort(want, last int) (int, error) {
	port := want
	if port == 0 {
		port = last
	}
	if port == 0 {
		return server.RANDOM_PORT, nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	switch {
	case err == nil:
		return port, l.Close()
	case want == 0:
		return server.RANDOM_PORT, nil
	}
	return 0, fmt.Errorf("port %d of the embedded server: %w; stop what listens there, or set port 0 for a free one", want, err)
}

// URL is the server's address, on loopback.
func (b *Broker) URL() string { return b.door.URL }

// Token lets a client in. Never print it.
func (b *Broker) Token() string { return b.door.Token }

// InProcess connects a client of this process without a socket, about four times as fast; it still needs the token. After Revive it leads to
// the new server.
func (b *Broker) InProcess() nats.InProcessConnProvider { return inside{b} }

type inside struct{ broker *Broker }

func (i inside) InProcessConn() (net.Conn, error) { return i.broker.srv.Load().InProcessConn() }

// Stop shuts the server down, waits until its store is closed and frees the folder. Clients should have been closed before. When ctx ends
// first it returns, and the folder stays locked until the server is down after all. Further calls wait for the same.
func (b *Broker) Stop(ctx context.Context) error {
	b.stop.Do(func() {
		close(b.ending)
		go func() {
			b.reviving.Lock()
			defer b.reviving.Unlock()
			defer close(b.done)
			srv := b.srv.Load()
			srv.Shutdown()
			srv.WaitForShutdown()
			b.log.quiet.Store(true)
			b.err = b.lock.release()
		}()
	})
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return fmt.Errorf("the embedded server on data folder %s is still shutting down: %w", b.cfg.Dir, ctx.Err())
	}
}
