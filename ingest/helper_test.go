package ingest_test

import (
	"bufio"
	"context"
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

	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
	"crackle/ingest/broker/brokertest"
)

// These, set in the environment, turn the test binary into a server of its own, which can be killed.
const (
	serverDir  = "CRACKLE_TEST_SERVER_DIR"
	serverPort = "CRACKLE_TEST_SERVER_PORT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverDir); dir != "" {
		port, _ := strconv.Atoi(os.Getenv(serverPort))
		b, err := broker.Start(context.Background(), broker.Config{Dir: dir, Port: port, MaxBytes: 256 << 20})
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(3)
		}
		os.Stdout.WriteString(b.URL() + " " + b.Token() + "\n")
		os.Stdin.Read(make([]byte, 1)) // returns when the test goes away
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// startBroker runs a server in this process, with the signal store.
func startBroker(t testing.TB) *broker.Broker {
	t.Helper()
	b, err := broker.Start(within(t, 20*time.Second), broker.Config{Dir: t.TempDir(), MaxBytes: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	ensure(t, connect(t, ingest.Options{InProcess: b.InProcess(), Token: b.Token()}))
	return b
}

func ensure(t testing.TB, nc *nats.Conn) jetstream.Stream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	st, err := broker.EnsureSignals(within(t, 10*time.Second), js, broker.SignalConfig{MaxBytes: 200 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func connect(t testing.TB, o ingest.Options) *nats.Conn {
	t.Helper()
	o.RetryMax = orElse(o.RetryMax, 200*time.Millisecond)
	nc, err := ingest.Connect(within(t, 10*time.Second), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// serverProcess is a server that can be killed and started again at the same port on the same folder.
type serverProcess struct {
	t          testing.TB
	dir        string
	port       int
	cmd        *exec.Cmd
	url, token string
}

func newServerProcess(t testing.TB) *serverProcess {
	p := &serverProcess{t: t, dir: t.TempDir(), port: brokertest.FreePorts(t, 1)[0]}
	t.Cleanup(p.kill)
	return p
}

func (p *serverProcess) start() {
	p.t.Helper()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), serverDir+"="+p.dir, serverPort+"="+strconv.Itoa(p.port))
	p.cmd.Stderr = os.Stderr
	if _, err := p.cmd.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.t.Fatalf("the server did not start: %v", err)
	}
	url, token := cutSpace(line)
	if p.url != "" && url != p.url {
		p.t.Fatalf("the server came back at %s, not %s", url, p.url)
	}
	p.url, p.token = url, token
}

func cutSpace(line string) (string, string) {
	for i := range line {
		if line[i] == ' ' {
			return line[:i], line[i+1 : len(line)-1]
		}
	}
	return line, ""
}

// kill ends the process the hard way.
func (p *serverProcess) kill() {
	if p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Error(err)
	}
	p.cmd.Wait()
	p.cmd = nil
}

// running is a receiver under way.
type running struct {
	*ingest.Receiver
	t    testing.TB
	stop func()
}

func receive(t testing.TB, nc *nats.Conn, cfg ingest.Config) *running {
	t.Helper()
	cfg.Stream = orElse(cfg.Stream, "test.one")
	cfg.Channels = orElse(cfg.Channels, 1)
	cfg.RateHz = orElse(cfg.RateHz, 1000)
	r, err := ingest.New(nc, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the receiver does not stop")
		}
	}
	t.Cleanup(stop)
	return &running{Receiver: r, t: t, stop: stop}
}

// next is the next block, which stays valid until the next call.
func (r *running) next() *block.Block {
	r.t.Helper()
	select {
	case b, ok := <-r.Blocks():
		if !ok {
			r.t.Fatal("no more blocks")
		}
		return b
	case <-time.After(20 * time.Second):
		r.t.Fatalf("no block within 20 s; counts %+v", r.Counts())
		return nil
	}
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// ramp is a block whose samples tell their index: sample i of channel c is (first+i)*10 + c, modulo 2^20.
func ramp(first uint64, count, channels int) *block.Block {
	b := &block.Block{RateHz: 1000, Channels: channels, Samples: make([]float32, count*channels)}
	for i := range b.Samples {
		b.Samples[i] = rampAt(first, i, channels)
	}
	return b
}

func rampAt(first uint64, i, channels int) float32 {
	return float32((first+uint64(i/channels))*10%(1<<20)) + float32(i%channels)
}

func checkRamp(t testing.TB, b *block.Block) {
	t.Helper()
	for i, v := range b.Samples {
		if want := rampAt(b.First, i, b.Channels); v != want {
			t.Fatalf("sample %d of the block at %d is %v, want %v", i, b.First, v, want)
		}
	}
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func textLog(w *strings.Builder) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func ensureExample(ctx context.Context, b *broker.Broker) error {
	nc, err := ingest.Connect(ctx, ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	_, err = broker.EnsureSignals(ctx, js, broker.SignalConfig{MaxBytes: 32 << 20})
	return err
}

// subscribed waits until a receiver on nc has its subscription at the server.
func subscribed(t testing.TB, nc *nats.Conn) {
	t.Helper()
	eventually(t, "subscribe", func() bool { return nc.NumSubscriptions() > 0 })
	if err := nc.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}
}
