package app_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/cmd/crackle/demo"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest"
	"crackle/ingest/block"
)

// patience is how long a test waits for what has to come: a machine with other things to do takes its time. No wait that succeeds is longer for it.
const patience = 2 * time.Minute

// reconcile is the time after a restart for a condition to be found again before its alarm counts as over.
const reconcile = 10 * time.Second

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverDir); dir != "" {
		serve(dir)
	}
	app.SetReconcile(reconcile)
	if path := os.Getenv(monitorConfig); path != "" {
		watchAlone(path)
	}
	waiting(8)
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 && !slices.Equal(leaks(err), []string{nilStatus}) {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// nilStatus is where a goroutine of nats.go ends up when its publisher is given up before it has run at all.
const nilStatus = "chan receive (nil chan), with github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect on top of the stack"

// leaks are the states of the goroutines that an error of goleak names, each once.
func leaks(err error) (states []string) {
	for _, m := range regexp.MustCompile(`Goroutine \d+ in state (.*):\n`).FindAllStringSubmatch(err.Error(), -1) {
		states = append(states, m[1])
	}
	slices.Sort(states)
	return slices.Compact(states)
}

// waiting lets more tests run at once than there are cores, unless the command line says otherwise: nearly all of them wait most of their time.
func waiting(tests int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		flag.Set("test.parallel", strconv.Itoa(max(tests, runtime.GOMAXPROCS(0))))
	}
}

// base is what every configuration here begins with: a dashboard on a free port, and a store that need not survive a power cut.
const base = `
[server]
listen = "127.0.0.1:0"

[store]
dir = "data"
max_bytes = 268435456
sync = "default"
`

// motorStream is the demo's motor stream under another name, with lines of its own and quicker to teach.
func motorStream(name, more string) string {
	return fmt.Sprintf(`
[stream.%[1]q]
title = "Motor %[1]s"
channels = ["phase_a_a", "phase_b_a", "phase_c_a"]
units = ["A", "A", "A"]
rate_hz = 1000
model = "motor.safetensors"
model_stream = "motor"
source = "recording"
no_data_s = 300
queue_blocks = 4096
%[2]s
[stream.%[1]q.window]
length = 200
hop = 50

[stream.%[1]q.features]
list = ["sequence(60)"]
min_change = 0.05

[stream.%[1]q.network]
hidden = 8
epochs = 40
warmup_windows = 3
increment = false
`, name, more)
}

// parse reads a configuration that lies in dir.
func parse(t testing.TB, dir, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse([]byte(text), filepath.Join(dir, "test.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

var recordings = sync.OnceValues(demo.Motor)

// motor returns the demo's recordings.
func motor(t testing.TB) []demo.Recording {
	t.Helper()
	all, err := recordings()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func healthy(t testing.TB) *demo.Recording { return &motor(t)[2] } // not learnt

// faulty is a recording with 40 % of a phase's turns shorted.
func faulty(t testing.TB) *demo.Recording {
	all := motor(t)
	return &all[len(all)-1]
}

// teach learns from blocks what is normal for a stream, as `crackle train` does.
func teach(t testing.TB, s *config.Stream, lessons ...*block.Block) *detector.Model {
	t.Helper()
	c, err := app.NewChain(s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	var l detector.Lesson
	c.Collect(&l)
	for _, b := range lessons {
		if err := c.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	c.End()
	how, err := app.Teaching(s, c.Conditioner, "test")
	if err != nil {
		t.Fatal(err)
	}
	m, err := detector.Teach(t.Context(), how, &l)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asBlock is a whole recording in one block.
func asBlock(r *demo.Recording, run uint64) *block.Block {
	return &block.Block{Run: run, RateHz: r.RateHz, Channels: len(r.Channels), Part: r.Name, Flags: block.PartBegin | block.PartEnd, Samples: r.Samples}
}

var motorModel struct {
	once  sync.Once
	model *detector.Model
}

// saveMotorModel puts a model, taught once for all tests, where the stream's configuration looks for it.
func saveMotorModel(t testing.TB, cfg *config.Config, stream string) {
	t.Helper()
	s := cfg.Streams[stream]
	motorModel.once.Do(func() {
		s := s
		s.Name = "motor"
		motorModel.model = teach(t, &s, asBlock(&motor(t)[0], 1), asBlock(&motor(t)[1], 2))
	})
	if err := app.SaveModel(app.ModelPath(cfg, &s), motorModel.model); err != nil {
		t.Fatal(err)
	}
}

// watch is a running App and what it has said so far.
type watch struct {
	*app.App
	t    testing.TB
	cfg  *config.Config
	log  *logBook
	stop func()

	mu     sync.Mutex
	scores map[string][]detector.Score // by stream
	parts  []ledger.Part
	alarms []alert.Event
}

// start runs an App with its own server until the test ends.
func start(t testing.TB, cfg *config.Config) *watch {
	t.Helper()
	w := newWatch(t, cfg)
	if err := w.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	w.listen()
	return w
}

// newWatch makes an App that is not started yet. change may alter its options.
func newWatch(t testing.TB, cfg *config.Config, change ...func(*app.Options)) *watch {
	t.Helper()
	w := &watch{t: t, cfg: cfg, log: &logBook{t: t}, scores: map[string][]detector.Score{}}
	o := app.Options{Version: "test", Log: slog.New(w.log), Observe: app.Observer{Score: w.score, Part: w.part, Alarm: w.alarm}}
	for _, f := range change {
		f(&o)
	}
	a, err := app.New(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	w.App = a
	w.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		w.stop()
		if t.Failed() {
			t.Logf("the log:\n%s", w.log)
		}
	})
	return w
}

func (w *watch) score(s *detector.Score) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scores[s.Stream] = append(w.scores[s.Stream], *s)
}

func (w *watch) part(p ledger.Part) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parts = append(w.parts, p)
}

func (w *watch) alarm(e alert.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alarms = append(w.alarms, e)
}

// windows are the scores of a stream, marks that close a part left out.
func (w *watch) windows(stream string) []detector.Score {
	w.mu.Lock()
	defer w.mu.Unlock()
	return onlyWindows(w.scores[stream])
}

func onlyWindows(all []detector.Score) (out []detector.Score) {
	for _, s := range all {
		if s.First != s.End {
			out = append(out, s)
		}
	}
	return out
}

// scored counts the windows of a stream that have a score.
func (w *watch) scored(stream string) (n int) {
	for _, s := range w.windows(stream) {
		if s.Verdict != detector.NotAssessed {
			n++
		}
	}
	return n
}

// events are the alarm transitions of a kind on a stream so far.
func (w *watch) events(stream string, kind alert.Kind) (out []alert.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.alarms {
		if e.Alarm.Stream == stream && e.Alarm.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// verdict is what was said of a part; found is false while it is not over.
func (w *watch) verdict(stream, part string) (v detector.Verdict, found bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.parts {
		if p.Stream == stream && p.Part == part {
			return p.Verdict, true
		}
	}
	return 0, false
}

// wantVerdict waits for the end of a part.
func (w *watch) wantVerdict(stream, part string, want detector.Verdict) {
	w.t.Helper()
	var got detector.Verdict
	eventually(w.t, "end of part "+part+" of "+stream, func() (over bool) {
		got, over = w.verdict(stream, part)
		return over
	})
	if got != want {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.t.Errorf("stream %s, part %s: %v, want %v; parts %+v", stream, part, got, want, w.parts)
	}
}

// get asks the App's web server.
func (w *watch) get(path string) (status int, body string) {
	w.t.Helper()
	return get(w.t, w.URL(), path)
}

func get(t testing.TB, url, path string) (status int, body string) {
	t.Helper()
	r, err := http.Get(strings.TrimRight(url, "/") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func (w *watch) counts(stream string) ingest.Counts {
	w.t.Helper()
	c, ok := w.Counts(stream)
	if !ok {
		w.t.Fatalf("no stream %s", stream)
	}
	return c
}

// publisher publishes over the App's own connection.
func (w *watch) publisher(stream string) *ingest.Publisher {
	w.t.Helper()
	return publisher(w.t, w.Connection(), stream, w.cfg.Streams[stream].Transport == "jetstream")
}

// listen waits until every receiver listens at the server. It must come before the first publisher on the App's connection.
func (w *watch) listen() {
	w.t.Helper()
	eventually(w.t, "receivers", func() bool {
		for name := range w.cfg.Streams {
			if w.counts(name).Opened == 0 {
				return false
			}
		}
		return w.Connection().FlushTimeout(time.Second) == nil
	})
}

// logBook keeps log records, for tests that read them, and shows them with the test.
type logBook struct {
	t     testing.TB
	attrs string

	mu    sync.Mutex
	lines []string
	root  *logBook
}

func (l *logBook) top() *logBook {
	if l.root != nil {
		return l.root
	}
	return l
}

func (l *logBook) Enabled(context.Context, slog.Level) bool { return true }

func (l *logBook) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message + l.attrs
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	top := l.top()
	top.mu.Lock()
	defer top.mu.Unlock()
	top.lines = append(top.lines, line)
	return nil
}

func (l *logBook) WithAttrs(attrs []slog.Attr) slog.Handler {
	w := &logBook{t: l.t, attrs: l.attrs, root: l.top()}
	for _, a := range attrs {
		w.attrs += " " + a.String()
	}
	return w
}

func (l *logBook) WithGroup(string) slog.Handler { return l }

// count is the number of lines that hold every one of the texts.
func (l *logBook) count(texts ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
next:
	for _, line := range l.lines {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue next
			}
		}
		n++
	}
	return n
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// within is a context that ends with the test, or the tests' patience.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// wantAll reports the texts that are not in a larger one.
func wantAll(t testing.TB, text string, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(text, s) {
			t.Errorf("lacks %q:\n%s", s, text)
		}
	}
}

// join makes one configuration text of several.
func join(texts ...string) string { return strings.Join(texts, "\n") }
