package broker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"crackle/ingest/block"
	"crackle/ingest/broker"
)

// helperDir, when set in the environment, turns this test binary into another process that wants the folder.
const helperDir = "CRACKLE_TEST_BROKER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		b, err := broker.Start(context.Background(), broker.Config{Dir: dir})
		if err != nil {
			os.Stdout.WriteString(err.Error())
			os.Exit(3)
		}
		os.Stdout.WriteString(b.URL() + "\n")
		time.Sleep(time.Minute) // killed long before
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, cfg broker.Config) *broker.Broker {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	b, err := broker.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b
}

func stop(t *testing.T, b *broker.Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := b.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, url string, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestDoorAndToken(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, _, err := broker.Door(dir); !errors.Is(err, broker.ErrNoServer) {
		t.Errorf("door of a folder without a server: %v", err)
	}
	var logged bytes.Buffer
	b := start(t, broker.Config{Dir: dir, Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	url, token, err := broker.Door(dir)
	if err != nil || url != b.URL() || token != b.Token() {
		t.Fatalf("door: %q, %v; the server says %q", url, err, b.URL())
	}
	if !strings.HasPrefix(url, "nats://127.0.0.1:") {
		t.Errorf("listens on %s, want loopback", url)
	}
	for _, name := range []string{"door.json", "lock"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want 0600", name, info.Mode(), err)
		}
	}
	if _, err := nats.Connect(url); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("connected without the token: %v", err)
	}
	if err := connect(t, url, nats.Token(token)).FlushTimeout(5 * time.Second); err != nil {
		t.Error(err)
	}
	if err := connect(t, "", nats.InProcessServer(b.InProcess()), nats.Token(token)).FlushTimeout(5 * time.Second); err != nil {
		t.Error(err)
	}
	stop(t, b)
	if !strings.Contains(logged.String(), "Server is ready") {
		t.Errorf("the server's log did not reach slog:\n%s", logged.String())
	}
	if strings.Contains(logged.String(), token) {
		t.Error("the token is in the log")
	}
	if _, _, err := broker.Door(dir); !errors.Is(err, broker.ErrNoServer) {
		t.Errorf("door after the stop: %v", err)
	}
}

func TestOneFolderOneServer(t *testing.T) {
	dir := t.TempDir()
	b := start(t, broker.Config{Dir: dir})

	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), helperDir+"="+dir)
	out, err := other.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("a second process got the folder: %v\n%s", err, out)
	}
	for _, want := range []string{dir, "process " + strconv.Itoa(os.Getpid())} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the refusal %q does not name %q", out, want)
		}
	}
	if _, err := broker.Start(context.Background(), broker.Config{Dir: dir}); !errors.Is(err, broker.ErrLocked) {
		t.Errorf("a second server in this process: %v", err)
	}
	if _, _, err := broker.Door(dir); err != nil {
		t.Errorf("the refused ones broke the door: %v", err)
	}
	stop(t, b)
	start(t, broker.Config{Dir: dir})
}

// A process that is killed leaves no lock behind.
func TestKilledHolderFreesTheFolder(t *testing.T) {
	dir := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), helperDir+"="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 256)
	n, _ := out.Read(line) // returns once it serves
	url, token, err := broker.Door(dir)
	if err != nil || url != strings.TrimSpace(string(line[:n])) {
		t.Errorf("door %q, %v; the process said %q", url, err, line[:n])
	}
	if err := connect(t, url, nats.Token(token)).FlushTimeout(5 * time.Second); err != nil {
		t.Error(err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	other.Wait()
	if _, _, err := broker.Door(dir); !errors.Is(err, broker.ErrNoServer) {
		t.Errorf("door of a killed server: %v", err)
	}
	b := start(t, broker.Config{Dir: dir})
	if b.URL() != url || b.Token() != token {
		t.Errorf("came back at %s with token kept %v, want the same door as before, %s", b.URL(), b.Token() == token, url)
	}
}

func TestStoreOutlivesTheServer(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	b := start(t, broker.Config{Dir: dir, MaxBytes: 64 << 20})
	js := jets(t, b)
	if _, err := broker.EnsureSignals(ctx, js, broker.SignalConfig{MaxBytes: 32 << 20}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(ctx, block.SubjectPrefix+"a.b", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	stop(t, b)

	b = start(t, broker.Config{Dir: dir, MaxBytes: 64 << 20})
	st, err := broker.EnsureSignals(ctx, jets(t, b), broker.SignalConfig{MaxBytes: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := st.GetMsg(ctx, 1)
	if err != nil || string(msg.Data) != "kept" {
		t.Errorf("after a restart: %v, %v", msg, err)
	}
}

func jets(t *testing.T, b *broker.Broker) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(connect(t, "", nats.InProcessServer(b.InProcess()), nats.Token(b.Token())))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestEnsureSignals(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	js := jets(t, start(t, broker.Config{Dir: t.TempDir(), MaxBytes: 64 << 20}))

	st, err := broker.EnsureSignals(ctx, js, broker.SignalConfig{MaxBytes: 8 << 20, MaxAge: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	c := st.CachedInfo().Config
	if c.MaxBytes != 8<<20 || c.MaxAge != time.Minute || c.Storage != jetstream.FileStorage || c.Discard != jetstream.DiscardOld || c.Subjects[0] != "crackle.signal.>" {
		t.Errorf("made %+v", c)
	}
	// What an administrator set stays; what the configuration says is followed.
	c.MaxMsgSize = 900_000
	if _, err := js.UpdateStream(ctx, c); err != nil {
		t.Fatal(err)
	}
	st, err = broker.EnsureSignals(ctx, js, broker.SignalConfig{MaxBytes: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if c := st.CachedInfo().Config; c.MaxBytes != 16<<20 || c.MaxAge != time.Minute || c.MaxMsgSize != 900_000 {
		t.Errorf("updated to %+v", c)
	}
	if _, err := broker.EnsureSignals(ctx, js, broker.SignalConfig{MaxBytes: 1 << 40}); err == nil {
		t.Error("a stream larger than the store was accepted")
	}
	js = jets(t, start(t, broker.Config{Dir: t.TempDir(), MaxBytes: 64 << 20}))
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: block.StoreName, Subjects: []string{"else.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := broker.EnsureSignals(ctx, js, broker.SignalConfig{}); err == nil || !strings.Contains(err.Error(), "else.>") {
		t.Errorf("a stream on other subjects was accepted: %v", err)
	}
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	dir := t.TempDir()
	if _, err := broker.Start(context.Background(), broker.Config{Dir: dir, Port: port}); err == nil || !strings.Contains(err.Error(), strconv.Itoa(port)) {
		t.Errorf("port taken: %v", err)
	}
	start(t, broker.Config{Dir: dir}) // the failed start left neither server nor lock
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]broker.Config{
		"no folder":      {},
		"a file":         {Dir: file},
		"port":           {Dir: t.TempDir(), Port: 70000},
		"negative bytes": {Dir: t.TempDir(), MaxBytes: -1},
	} {
		if b, err := broker.Start(context.Background(), cfg); err == nil {
			t.Errorf("%s: started", name)
			stop(t, b)
		}
	}
}

// A server that is started anew has what its store had, takes more, and its clients come back.
func TestRevive(t *testing.T) {
	b, err := broker.Start(t.Context(), broker.Config{Dir: t.TempDir(), MaxBytes: 128 << 20})
	if err != nil {
		t.Fatal(err)
	}
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		return b.Stop(ctx)
	}
	nc, err := nats.Connect("", nats.InProcessServer(b.InProcess()), nats.Token(b.Token()), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	outside, err := nats.Connect(b.URL(), nats.Token(b.Token()), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broker.EnsureSignals(t.Context(), js, broker.SignalConfig{}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if ack, err := js.Publish(t.Context(), "crackle.signal.a", []byte("x")); err != nil || ack.Sequence != uint64(i)+1 {
			t.Fatalf("message %d: %+v, %v", i, ack, err)
		}
		if err := b.Revive(); err != nil {
			t.Fatal(err)
		}
		for _, c := range []*nats.Conn{nc, outside} {
			for c.Stats().Reconnects != uint64(i)+1 || c.FlushTimeout(20*time.Second) != nil {
				if t.Context().Err() != nil {
					t.Fatal("a client did not come back")
				}
				runtime.Gosched()
			}
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := b.Revive(); err == nil {
		t.Error("a server that is stopped was revived")
	}
}

// Where the store cannot be opened again the server goes on without it, and messages pass; and the store is opened once it can be.
func TestReviveWithoutStore(t *testing.T) {
	dir := t.TempDir()
	b, err := broker.Start(t.Context(), broker.Config{Dir: dir, MaxBytes: 128 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, b)
	nc, err := nats.Connect("", nats.InProcessServer(b.InProcess()), nats.Token(b.Token()), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	store := filepath.Join(dir, "nats", "jetstream")
	if err := os.Rename(store, store+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(store, nil, 0o600); err != nil { // in whose place no folder can be made
		t.Fatal(err)
	}
	if err := b.Revive(); err == nil {
		t.Fatal("the store was opened")
	}
	pass := func() error {
		sub, err := nc.SubscribeSync("crackle.signal.a")
		if err != nil {
			return err
		}
		defer sub.Unsubscribe()
		if err := errors.Join(nc.FlushTimeout(20*time.Second), nc.Publish("crackle.signal.a", []byte("x"))); err != nil {
			return err
		}
		_, err = sub.NextMsg(20 * time.Second)
		return err
	}
	if err := pass(); err != nil {
		t.Errorf("messages do not pass: %v", err)
	}
	if err := errors.Join(os.Remove(store), os.Rename(store+".away", store)); err != nil {
		t.Fatal(err)
	}
	if err := b.Revive(); err != nil {
		t.Fatal(err)
	}
	if err := pass(); err != nil {
		t.Errorf("messages do not pass again: %v", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AccountInfo(t.Context()); err != nil {
		t.Errorf("there is no store: %v", err)
	}
}

// A folder that takes nothing says so, and why.
func TestTakes(t *testing.T) {
	dir := t.TempDir()
	b, err := broker.Start(t.Context(), broker.Config{Dir: dir, MaxBytes: 128 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Takes(); err != nil {
		t.Error(err)
	}
	stop(t, b)
	if err := os.RemoveAll(filepath.Join(dir, "nats")); err != nil {
		t.Fatal(err)
	}
	if err := b.Takes(); err == nil || !strings.Contains(err.Error(), "takes no data; look at its disk") {
		t.Error(err)
	}
}
