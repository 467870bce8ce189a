package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/broker"
	"crackle/ingest/broker/brokertest"
)

// These, set in the environment, turn the test binary into a process of its own, which can be killed: a server, or a monitor.
const (
	serverDir  = "CRACKLE_TEST_SERVER_DIR"
	serverPort = "CRACKLE_TEST_SERVER_PORT"
	monitorURL = "CRACKLE_TEST_MONITOR_URL"
	monitorKey = "CRACKLE_TEST_MONITOR_KEY"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(serverDir) != "":
		os.Exit(serve())
	case os.Getenv(monitorURL) != "":
		if err := monitor(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func serve() int {
	port, _ := strconv.Atoi(os.Getenv(serverPort))
	b, err := broker.Start(context.Background(), broker.Config{Dir: os.Getenv(serverDir), Port: port, MaxBytes: 256 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	fmt.Println(b.URL(), b.Token())
	os.Stdin.Read(make([]byte, 1)) // returns when the test goes away
	return 0
}

// plant are the streams of the monitor, and wave its signal: windows that are above the limit for two of five, in parts of twelve.
var plant = alert.BookConfig{Streams: []alert.Stream{
	{Name: "a", Rules: alert.Rules{Raise: 1, Of: 1, Clear: 1}},
	{Name: "b", Rules: alert.Rules{Raise: 2, Of: 3, Clear: 2, Latch: true, PerPart: true}},
}}

func wave(i int) detector.Score {
	stream, k := plant.Streams[i%2].Name, i/2
	s := detector.Score{Stream: stream, Run: 7, First: uint64(k) * 100, End: uint64(k)*100 + 100, TimeNS: int64(i+1) * 1e8, Limit: 4, Value: 1, Verdict: detector.OK}
	if stream == "b" {
		s.Part, s.PartEnd = strconv.Itoa(k/12), k%12 == 11
	}
	if k%5 < 2 {
		s.Value, s.Verdict = 5+float64(k%3), detector.Alarm
	}
	return s
}

// monitor opens the journal, goes on from it and reads its signal from the beginning, as after a crash before the first checkpoint. It prints
// the number of each event that it tells.
func monitor() error {
	ctx := context.Background()
	nc, err := ingest.Connect(ctx, ingest.Options{URL: os.Getenv(monitorURL), Token: os.Getenv(monitorKey)})
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	j, st, err := Open(ctx, js, Config{Book: plant, Drain: 2 * time.Minute})
	if err != nil {
		return err
	}
	c, since := st.Restore()
	m, err := alert.New(alert.Config{Book: plant, Restore: c, Since: since, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	told := m.Listen("people", 1<<16)
	kept := m.Listen("journal", 1<<16)
	go m.Run(ctx)
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx, kept.C) }()
	go func() {
		for i := range 2000 {
			if err := m.Score(ctx, wave(i)); err != nil {
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
		m.Drain()
	}()
	for _, ev := range st.Pending([]string{"people"}, time.Time{}) {
		fmt.Println(ev.Number)
		j.Told("people", ev.ID, "")
	}
	for ev := range told.C {
		fmt.Println(ev.Number)
		j.Told("people", ev.ID, "")
	}
	return <-done
}

// process is one of the two, which can be killed and started again.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	out *bufio.Reader
}

func start(t testing.TB, env ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = os.Stderr
	if _, err := p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Kill()
	p.cmd.Wait()
	p.cmd = nil
}

// server is a server process on one folder and one port.
type server struct {
	*process
	dir, url, token string
	port            int
}

func newServer(t testing.TB) *server {
	s := &server{dir: t.TempDir()}
	s.start(t)
	return s
}

func (s *server) start(t testing.TB) {
	t.Helper()
	if s.port == 0 {
		s.port = brokertest.FreePorts(t, 1)[0]
	}
	s.process = start(t, serverDir+"="+s.dir, serverPort+"="+strconv.Itoa(s.port))
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	s.url, s.token, _ = strings.Cut(strings.TrimSpace(line), " ")
}

func (s *server) connect(t testing.TB) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := ingest.Connect(within(t, 2*time.Minute), ingest.Options{URL: s.url, Token: s.token, RetryMax: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// startBroker runs a server in this process.
func startBroker(t testing.TB) jetstream.JetStream {
	t.Helper()
	b, err := broker.Start(within(t, 2*time.Minute), broker.Config{Dir: t.TempDir(), MaxBytes: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	nc, err := ingest.Connect(within(t, 2*time.Minute), ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

// running is a journal under way.
type running struct {
	*Journal
	events chan alert.Event
	done   chan error
	cancel context.CancelFunc
}

func open(t testing.TB, js jetstream.JetStream, cfg Config) (*running, *State) {
	t.Helper()
	cfg.MinRetry, cfg.MaxRetry = 5*time.Millisecond, 50*time.Millisecond
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 500 * time.Millisecond
	}
	if cfg.Drain == 0 {
		cfg.Drain = 2 * time.Minute // which a busy machine may take
	}
	j, st, err := Open(within(t, 2*time.Minute), js, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Journal: j, events: make(chan alert.Event, 100_000), done: make(chan error, 1), cancel: cancel}
	go func() { r.done <- j.Run(ctx, r.events) }()
	t.Cleanup(func() {
		cancel()
		select {
		case r.done <- <-r.done:
		case <-time.After(2 * time.Minute):
			t.Error("the journal does not stop")
		}
	})
	return r, st
}

// finish ends the events and waits until all is stored.
func (r *running) finish(t testing.TB) {
	t.Helper()
	close(r.events)
	err := <-r.done
	r.done <- err
	if err != nil {
		t.Error(err)
	}
}

// entries reads a journal.
func entries(t testing.TB, js jetstream.JetStream, name string) []Entry {
	t.Helper()
	var list []Entry
	_, err := Read(within(t, 2*time.Minute), js, name, time.Time{}, func(_ uint64, data []byte) error {
		e, err := Decode(data)
		list = append(list, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// eventsOf are the events of entries, which fail the test unless their numbers go up by one.
func eventsOf(t testing.TB, list []Entry) []alert.Event {
	t.Helper()
	var evs []alert.Event
	for _, e := range list {
		if e.Event == nil {
			continue
		}
		evs = append(evs, *e.Event)
		if e.Event.Number != uint64(len(evs)) {
			t.Fatalf("event %d of the journal has number %d (%s)", len(evs), e.Event.Number, e.Event.ID)
		}
	}
	return evs
}

// lived are the events of a life without a break: n windows of wave.
func lived(t testing.TB, n int) []alert.Event {
	t.Helper()
	b, err := alert.NewBook(plant)
	if err != nil {
		t.Fatal(err)
	}
	var evs []alert.Event
	for i := range n {
		if evs, err = b.Step(evs, &alert.Input{Op: alert.OpScore, Score: wave(i)}, time.Unix(1_800_000_000, 0)); err != nil {
			t.Fatal(err)
		}
	}
	return evs
}

var errStop = errors.New("stop")
