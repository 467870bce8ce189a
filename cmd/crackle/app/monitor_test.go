package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest"
	"crackle/ingest/block"
)

// This, set in the environment, turns the test binary into a monitor of its own, which can be killed.
const monitorConfig = "CRACKLE_TEST_MONITOR"

// This, set in the environment, makes all waits of such a monitor's way to the server pass within 10 s.
const shortWaits = "CRACKLE_TEST_SHORT_WAITS"

// said is a line of such a monitor.
type said struct {
	Score *scoreLine   `json:",omitempty"`
	Part  *ledger.Part `json:",omitempty"`
	Alarm *alert.Event `json:",omitempty"`
	Ready string       `json:",omitempty"` // its dashboard
	Error string       `json:",omitempty"`
}

type scoreLine struct {
	Stream     string
	Run, First uint64
	Bits       uint64
	Verdict    detector.Verdict
}

// watchAlone is the life of such a monitor: it ends with its standard input, or the process.
func watchAlone(path string) {
	out := json.NewEncoder(os.Stdout)
	var mu sync.Mutex
	say := func(l said) {
		mu.Lock()
		defer mu.Unlock()
		out.Encode(l)
	}
	fail := func(err error) {
		if err != nil {
			say(said{Error: err.Error()})
			os.Exit(3)
		}
	}
	if os.Getenv(shortWaits) != "" {
		app.SetWaits(3*time.Second, 8*time.Second)
	}
	cfg, err := config.Load(path)
	fail(err)
	a, err := app.New(cfg, app.Options{Version: "test", Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Observe: app.Observer{
		Score: func(s *detector.Score) {
			if s.First != s.End {
				say(said{Score: &scoreLine{s.Stream, s.Run, s.First, math.Float64bits(s.Value), s.Verdict}})
			}
		},
		Part:  func(p ledger.Part) { say(said{Part: &p}) },
		Alarm: func(e alert.Event) { say(said{Alarm: &e}) },
	}})
	fail(err)
	fail(a.Start(context.Background()))
	say(said{Ready: a.URL()})
	os.Stdin.Read(make([]byte, 1))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	fail(a.Stop(ctx))
	os.Exit(0)
}

// monitor is a monitor in another process.
type monitor struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin interface{ Close() error }
	log   *os.File
	done  chan struct{} // closed when it has said its last word

	mu    sync.Mutex
	lines []said
}

// startMonitor starts one on a configuration and waits until it watches, or has refused to.
func startMonitor(t testing.TB, path string, env ...string) *monitor {
	t.Helper()
	m := &monitor{t: t, done: make(chan struct{})}
	m.cmd = exec.Command(os.Args[0])
	m.cmd.Env = append(append(os.Environ(), monitorConfig+"="+path), env...)
	var err error
	if m.log, err = os.Create(filepath.Join(t.TempDir(), "log")); err != nil {
		t.Fatal(err)
	}
	m.cmd.Stderr = m.log
	if m.stdin, err = m.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.kill()
		if t.Failed() {
			text, _ := os.ReadFile(m.log.Name())
			t.Logf("the log of monitor %d:\n%s", m.cmd.Process.Pid, text[max(0, len(text)-20_000):])
		}
	})
	go func() {
		defer close(m.done)
		for in := bufio.NewReader(out); ; {
			text, err := in.ReadBytes('\n')
			if err != nil {
				return // a line that was cut off was not said
			}
			var l said
			if json.Unmarshal(text, &l) == nil {
				m.mu.Lock()
				m.lines = append(m.lines, l)
				m.mu.Unlock()
			}
		}
	}()
	m.wait("the monitor to start", func(l said) bool { return l.Ready != "" || l.Error != "" })
	return m
}

// all is what it has said so far.
func (m *monitor) all() []said {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lines[:len(m.lines):len(m.lines)]
}

// url is its dashboard's.
func (m *monitor) url() string {
	m.t.Helper()
	return m.wait("the address of the dashboard", func(l said) bool { return l.Ready != "" }).Ready
}

// wait waits until it has said something.
func (m *monitor) wait(what string, is func(said) bool) (found said) {
	m.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		for _, l := range m.all() {
			if is(l) {
				return l
			}
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(m.log.Name())
			m.t.Fatalf("%s: not within %v; its log:\n%s", what, patience, text)
		}
	}
}

// part waits for the end of a part.
func (m *monitor) part(name string) *ledger.Part {
	m.t.Helper()
	return m.wait("the end of part "+name, func(l said) bool { return l.Part != nil && l.Part.Part == name }).Part
}

func (m *monitor) logged(text string) bool {
	b, err := os.ReadFile(m.log.Name())
	return err == nil && strings.Contains(string(b), text)
}

// kill ends it the hard way.
func (m *monitor) kill() {
	if m.cmd.ProcessState == nil {
		m.cmd.Process.Kill()
		<-m.done
		m.cmd.Wait()
		m.log.Close()
	}
}

// stop ends it in order.
func (m *monitor) stop() {
	m.t.Helper()
	m.stdin.Close()
	<-m.done
	if err := m.cmd.Wait(); err != nil {
		text, _ := os.ReadFile(m.log.Name())
		m.t.Errorf("monitor: %v\n%s", err, text)
	}
}

func (m *monitor) signal(s syscall.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Fatal(err)
	}
}

// write puts a configuration for a server where a monitor can read it.
func (s *natsServer) write(t testing.TB, dir, text string) (string, *config.Config) {
	t.Helper()
	whole := fmt.Sprintf("%s\n[nats]\nurl = %q\ntoken = %q\nconnect_timeout_s = 2\nreconnect_wait_s = 0.2\n%s", base, s.url, s.token, text)
	path := filepath.Join(dir, "monitor.toml")
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, parse(t, dir, whole)
}

// dial connects a test to a server.
func (s *natsServer) dial(t testing.TB) *nats.Conn {
	t.Helper()
	nc, err := ingest.Connect(within(t), ingest.Options{URL: s.url, Token: s.token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// site is a server, the configuration of a monitor for it, with the motor's model in its place, and a connection to publish over.
type site struct {
	t    *testing.T
	srv  *natsServer
	path string
	cfg  *config.Config
	nc   *nats.Conn
}

// newSite makes one whose streams, one of them motor, a text configures.
func newSite(t *testing.T, streams string) *site {
	t.Helper()
	x := &site{t: t, srv: startServer(t)}
	x.path, x.cfg = x.srv.write(t, t.TempDir(), streams)
	saveMotorModel(t, x.cfg, "motor")
	x.nc = x.srv.dial(t)
	return x
}

// production is a number of parts for motor, and what a run without a break makes of them.
func (x *site) production(parts int) (blocks []*block.Block, scores map[uint64]uint64, accounts []ledger.Part) {
	x.t.Helper()
	s := x.cfg.Streams["motor"]
	blocks = production(x.t, parts)
	scores, accounts = undisturbed(x.t, &s, blocks)
	return blocks, scores, accounts
}

// wantLives holds the journal to so many alarms of motor's score, each raised once and cleared once, one after the other.
func wantLives(t *testing.T, nc *nats.Conn, alarms int) {
	t.Helper()
	if got := strings.Join(changesOf(journalOf(t, nc), "motor", alert.KindScore), " "); got != strings.TrimSpace(strings.Repeat("raised cleared ", alarms)) {
		t.Errorf("the journal has %s", got)
	}
}
