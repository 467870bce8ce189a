package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/rnn/train"
)

// slow starts an App whose stream waits at a gate with its first score, until open is called.
func slow(t *testing.T, cfg *config.Config) (w *watch, open func()) {
	t.Helper()
	gate := make(chan struct{})
	w = newWatch(t, cfg, func(o *app.Options) {
		o.Observe.Score = func(s *detector.Score) { <-gate; w.score(s) }
	})
	open = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open) // before the stop
	if err := w.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	w.listen()
	return w, open
}

// A stop lets every block that is queued come to its end, alarms and messages included; a second one does nothing; and nothing is left running.
func TestStopIsOrderly(t *testing.T) {
	d, sinks := openDesk(t)
	before := goleak.IgnoreCurrent()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), sinks))
	saveMotorModel(t, cfg, "motor")
	w, open := slow(t, cfg)
	nc := w.Connection()
	pub := publisher(t, nc, "motor", true)
	publishPart(t, pub, healthy(t), "good", 100)
	publishPart(t, pub, faulty(t), "bad", 100)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := pub.Close(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all of it to be queued", func() bool { return w.counts("motor").Delivered.Samples == 2000 })
	if n := len(w.windows("motor")); n != 0 {
		t.Fatalf("%d windows came through the gate", n)
	}

	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- w.Stop(ctx)
	}()
	select {
	case err := <-stopped:
		t.Fatalf("stopped with blocks waiting: %v", err)
	case <-time.After(100 * time.Millisecond): // it waits, as it should
	}
	open()
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	if n := len(w.windows("motor")); n != 2*17 {
		t.Errorf("%d windows were scored, want 34", n)
	}
	for part, want := range map[string]detector.Verdict{"good": detector.OK, "bad": detector.Alarm} {
		if got, over := w.verdict("motor", part); !over || got != want {
			t.Errorf("part %s: %v (over: %v), want %v", part, got, over, want)
		}
	}
	if n := len(w.events("motor", alert.KindScore)); n != 2 {
		t.Errorf("%d alarm events, want raised and cleared", n)
	}
	if a, b, c := d.counts(); a != 2 || b != 2 || c != 2 {
		t.Errorf("%d, %d and %d messages, want two each", a, b, c)
	}
	if !nc.IsClosed() {
		t.Error("the connection is open")
	}
	if err := w.Stop(t.Context()); err != nil {
		t.Errorf("second stop: %v", err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// A stop whose time is over says what hangs and ends all the rest.
func TestStopNamesWhatHangs(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), motorStream("other", "")))
	saveMotorModel(t, cfg, "motor")
	w, open := slow(t, cfg)
	publishPart(t, publisher(t, w.Connection(), "motor", true), healthy(t), "good", 100)
	eventually(t, "all of it to be queued", func() bool { return w.counts("motor").Delivered.Samples == 1000 })

	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := w.Stop(ctx)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if err == nil || !strings.Contains(err.Error(), "did not stop in time: stream motor") || strings.Contains(err.Error(), "other") {
		t.Errorf("stop: %v", err)
	}
	open() // and what hung comes to its end, as the check for goroutines at the end of all tests holds
}

// A start that fails leaves nothing running and says why.
func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	text := join(base, motorStream("motor", ""))
	path, cfg := filepath.Join(dir, "monitor.toml"), parse(t, dir, text)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	saveMotorModel(t, cfg, "motor")
	first := startMonitor(t, path) // in a process of its own: here only the second one starts anything
	before := goleak.IgnoreCurrent()
	second := newWatch(t, cfg)
	err := second.Start(within(t))
	if err == nil || !strings.Contains(err.Error(), cfg.Store.Dir) {
		t.Errorf("a second App on the same folder: %v", err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	if status, _ := get(t, first.url(), "/healthz"); status != 200 {
		t.Errorf("the first one: %d", status)
	}
	first.stop()
}

// An App is used once, and says so.
func TestUsedOnce(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	if err := w.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "make a new one") {
		t.Errorf("second start: %v", err)
	}
	p := w.publisher("motor")
	publishPart(t, p, healthy(t), "good", 100)
	w.wantVerdict("motor", "good", detector.OK) // the first start lives on
	w.stop()
	if err := w.Start(t.Context()); err == nil {
		t.Error("started after the stop")
	}
	never := newWatch(t, cfg)
	never.stop()
	if err := never.Start(t.Context()); err == nil {
		t.Error("started after a stop without a start")
	}
}

// A stop does not wait until what is being learnt is learnt.
func TestStopWhileLearning(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(`model = "motor.safetensors"`, "", "epochs = 40", "epochs = 10_000").Replace(motorStream("motor", ""))
	cfg := parse(t, t.TempDir(), join(base, text, "[stream.motor.learn]\nparts = 2"))
	var epochs atomic.Int64
	w := newWatch(t, cfg, func(o *app.Options) {
		o.Learn = func(stream string, _ train.Progress) {
			if stream == "motor" {
				epochs.Add(1)
			}
		}
	})
	if err := w.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	w.listen()
	p := w.publisher("motor")
	for i := range 2 {
		publishPart(t, p, &motor(t)[i], motor(t)[i].Name, 100)
	}
	eventually(t, "the learning", func() bool { return epochs.Load() > 0 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Error(err)
	}
	if n := epochs.Load(); n >= 5000 {
		t.Errorf("the stop waited for %d of 10000 epochs", n)
	}
	if n := w.log.count("ERROR"); n != 0 {
		t.Errorf("an error was logged:\n%s", w.log)
	}
}
