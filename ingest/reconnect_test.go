package ingest_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/ingest"
)

// statuses collects what a connection reports.
type statuses struct {
	mu  sync.Mutex
	all []ingest.Status
}

func (s *statuses) add(v ingest.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, v)
}

func (s *statuses) count(f func(ingest.Status) bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.all {
		if f(v) {
			n++
		}
	}
	return n
}

func up(s ingest.Status) bool { return s.Connected }

// The server is killed while blocks flow, twice, and comes back: from a store nothing is lost, nothing comes twice, nothing out of order.
func TestServerKilledStore(t *testing.T) {
	srv := newServerProcess(t)
	srv.start()
	srv.port = portOf(t, srv.url)
	var seen statuses
	nc := connect(t, ingest.Options{URL: srv.url, Token: srv.token, OnStatus: seen.add, Log: testLog(t)})
	ensure(t, nc)
	r := receive(t, nc, ingest.Config{JetStream: true, Log: testLog(t)})
	eventually(t, "open", func() bool { return r.Counts().Opened == 1 })
	p := publisher(t, connect(t, ingest.Options{URL: srv.url, Token: srv.token}), ingest.PublisherConfig{JetStream: true, InFlight: 8, Log: testLog(t)})

	const n, each = 300, 40
	published := make(chan error, 1)
	ctx := within(t, 30*time.Second)
	go func() {
		for i := range uint64(n) {
			if err := p.Publish(ctx, ramp(i*each, each, 1)); err != nil {
				published <- err
				return
			}
		}
		published <- p.Flush(ctx)
	}()
	for i := range uint64(n) {
		b := r.next()
		if b.First != i*each || b.Count() != each {
			t.Fatalf("block at %d, want %d; counts %+v", b.First, i*each, r.Counts())
		}
		checkRamp(t, b)
		r.Release(b)
		if i == 50 || i == 150 {
			srv.kill()
			eventually(t, "notice", func() bool { return !nc.IsConnected() })
			srv.start()
		}
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	if c := r.Counts(); c.Missing != 0 || c.Delivered.Blocks != n || c.Opened < 3 || c.Rewound != 0 {
		t.Errorf("counts %+v", c)
	}
	if got := seen.count(up); got != 3 {
		t.Errorf("connected %d times, want 3", got)
	}
	if seen.count(func(s ingest.Status) bool { return !s.Connected && !s.Closed }) < 2 {
		t.Error("the losses were not reported")
	}
}

// Without a store what is published while the server is away is lost, and the gap says how much.
func TestServerKilledCore(t *testing.T) {
	srv := newServerProcess(t)
	srv.start()
	srv.port = portOf(t, srv.url)
	nc := connect(t, ingest.Options{URL: srv.url, Token: srv.token})
	r := receive(t, nc, ingest.Config{HoldFor: 200 * time.Millisecond})
	subscribed(t, nc)
	send := func(nc *nats.Conn, i uint64) {
		b := ramp(i*10, 10, 1)
		b.Run, b.Seq, b.First = 99, i, i*10
		if err := nc.Publish("crackle.signal.test.one", wire(t, b)); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(from, to uint64) {
		t.Helper()
		for i := from; i < to; i++ {
			b := r.next()
			if b.First != i*10 {
				t.Fatalf("block at %d, want %d", b.First, i*10)
			}
			r.Release(b)
		}
	}
	before := connect(t, ingest.Options{URL: srv.url, Token: srv.token})
	for i := range uint64(10) {
		send(before, i)
	}
	expect(0, 10)
	srv.kill()
	eventually(t, "notice", func() bool { return !before.IsConnected() && !nc.IsConnected() })
	for i := uint64(10); i < 25; i++ {
		send(before, i)
	}
	before.Close() // with what it kept for the server
	srv.start()
	eventually(t, "come back", nc.IsConnected)
	if err := nc.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	after := connect(t, ingest.Options{URL: srv.url, Token: srv.token})
	for i := uint64(25); i < 40; i++ {
		send(after, i)
	}
	expect(25, 40)
	if c := r.Counts(); c.Missing != 150 || c.Gaps != 1 || c.Delivered.Blocks != 25 {
		t.Errorf("counts %+v", c)
	}
}

// A crash that takes the youngest messages makes the store use their sequences again. Reading on by sequence alone would miss what is
// stored under them.
func TestStoreLosesItsTail(t *testing.T) {
	srv := newServerProcess(t)
	srv.start()
	srv.port = portOf(t, srv.url)
	nc := connect(t, ingest.Options{URL: srv.url, Token: srv.token})
	ensure(t, nc)
	first := publisher(t, connect(t, ingest.Options{URL: srv.url, Token: srv.token}), ingest.PublisherConfig{JetStream: true})
	r := receive(t, nc, ingest.Config{JetStream: true, Start: ingest.Start{From: ingest.FromOldest}, Log: testLog(t)})
	expect := func(run uint64, from, to uint64) {
		t.Helper()
		for i := from; i < to; i++ {
			b := r.next()
			if b.Run != run || b.First != i*10 {
				t.Fatalf("run %d at %d, want run %d at %d; counts %+v", b.Run, b.First, run, i*10, r.Counts())
			}
			r.Release(b)
		}
	}
	send := func(p *ingest.Publisher, from, to uint64) {
		for i := from; i < to; i++ {
			publish(t, p, ramp(i*10, 10, 1))
		}
		flush(t, p)
	}
	send(first, 0, 5)
	expect(first.Run(), 0, 5)
	srv.kill()
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(filepath.Join(srv.dir, "nats"))); err != nil {
		t.Fatal(err)
	}
	srv.start()
	send(first, 5, 10)
	expect(first.Run(), 5, 10)

	srv.kill()
	store := filepath.Join(srv.dir, "nats")
	if err := errors.Join(os.RemoveAll(store), os.CopyFS(store, os.DirFS(old))); err != nil {
		t.Fatal(err)
	}
	srv.start()
	second := publisher(t, connect(t, ingest.Options{URL: srv.url, Token: srv.token}), ingest.PublisherConfig{JetStream: true})
	send(second, 0, 20)
	expect(second.Run(), 0, 20)
	if c := r.Counts(); c.Rewound != 1 || c.Missing != 0 || c.Runs != 2 {
		t.Errorf("counts %+v", c)
	}
}

// A server, and a store, that are not there at the start are waited for.
func TestServerAwayAtStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	srv := newServerProcess(t)
	srv.start() // to learn the token, which it keeps
	srv.kill()
	srv.port, srv.url = port, ""

	url := "nats://127.0.0.1:" + strconv.Itoa(port)
	var seen statuses
	nc := connect(t, ingest.Options{URL: url, Token: srv.token, OnStatus: seen.add})
	stored := receive(t, nc, ingest.Config{JetStream: true, Start: ingest.Start{From: ingest.FromOldest}, Log: testLog(t)})
	core := receive(t, nc, ingest.Config{})
	eventually(t, "report", func() bool { return seen.count(func(s ingest.Status) bool { return s.Err != nil }) >= 3 })
	if nc.IsConnected() || seen.count(up) != 0 {
		t.Fatal("connected to nothing")
	}
	srv.start()
	eventually(t, "connect", func() bool { return seen.count(up) == 1 })
	if err := nc.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	ensure(t, nc)
	p := publisher(t, nc, ingest.PublisherConfig{JetStream: true})
	publish(t, p, ramp(0, 10, 1))
	if b := stored.next(); b.Count() != 10 {
		t.Errorf("from the store: %+v", b)
	}
	if b := core.next(); b.Count() != 10 {
		t.Errorf("from the subject: %+v", b)
	}
}

// A login that is refused is reported, and tried again without end.
func TestLoginRefused(t *testing.T) {
	broker := startBroker(t)
	var seen statuses
	nc := connect(t, ingest.Options{URL: broker.URL(), Token: "wrong", OnStatus: seen.add, RetryMax: 50 * time.Millisecond})
	eventually(t, "report", func() bool {
		return seen.count(func(s ingest.Status) bool { return errors.Is(s.Err, nats.ErrAuthorization) }) >= 3
	})
	if nc.IsClosed() || nc.IsConnected() {
		t.Errorf("status %v, want still trying", nc.Status())
	}
}

func TestOptionsRefused(t *testing.T) {
	for name, o := range map[string]ingest.Options{
		"no address":  {},
		"two logins":  {URL: "nats://127.0.0.1:1", Token: "a", User: "b"},
		"credentials": {URL: "nats://127.0.0.1:1", CredsFile: "no/such/file"},
		"bad nkey":    {URL: "nats://127.0.0.1:1", NkeyFile: "login_test.go"},
		"half a pair": {URL: "nats://127.0.0.1:1", CertFile: "cert.pem"},
		"bad address": {URL: "nats://127.0.0.1:port"},
	} {
		if nc, err := ingest.Connect(t.Context(), o); err == nil {
			t.Errorf("%s: accepted", name)
			nc.Close()
		}
	}
}

// A connection that is closed for good ends its receivers with an error.
func TestConnectionClosed(t *testing.T) {
	broker := startBroker(t)
	for _, store := range []bool{true, false} {
		nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
		r, err := ingest.New(nc, ingest.Config{Stream: "a", Channels: 1, RateHz: 1, JetStream: store})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- r.Run(t.Context()) }()
		subscribed(t, nc)
		nc.Close()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("store %v: ended without an error", store)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("store %v: the receiver hangs on a closed connection", store)
		}
		if err := r.Run(t.Context()); err == nil {
			t.Error("ran twice")
		}
	}
}

func portOf(t testing.TB, url string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(url[len("nats://"):])
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
