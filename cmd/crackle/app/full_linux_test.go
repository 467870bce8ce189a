package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/demo"
	"crackle/detector"
	"crackle/ingest/block"
)

// place is a data folder that can be made to take nothing, and to take data again.
type place struct {
	dir       string
	fill, let func(w *watch)
}

// smallDisk is a file system of its own that can be filled up, for those who may make one.
func smallDisk(t *testing.T) (place, bool) {
	t.Helper()
	dir := t.TempDir()
	if os.Geteuid() != 0 || syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m") != nil {
		return place{}, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(dir, "filler")
	return place{dir,
		func(w *watch) {
			w.t.Helper()
			f, err := os.Create(filler)
			if err != nil {
				w.t.Fatal(err)
			}
			defer f.Close()
			for chunk := make([]byte, 4096); ; { // to the last byte
				if _, err := f.Write(chunk); err != nil {
					break
				}
			}
		},
		func(w *watch) {
			if err := os.Remove(filler); err != nil {
				w.t.Error(err)
			}
		},
	}, true
}

// strictStore is any folder, whose store is told to refuse every message, as a limit of an administrator's does.
func strictStore(t *testing.T) place {
	limit := func(most int32) func(w *watch) {
		return func(w *watch) {
			w.t.Helper()
			js, err := jetstream.New(w.Connection())
			if err != nil {
				w.t.Fatal(err)
			}
			st, err := js.Stream(within(w.t), block.StoreName)
			if err != nil {
				w.t.Fatal(err)
			}
			cfg := st.CachedInfo().Config
			cfg.MaxMsgSize = most
			if _, err := js.UpdateStream(within(w.t), cfg); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return place{t.TempDir(), limit(10), limit(-1)}
}

// The disk is full, or the store refuses for another reason: scoring and alarms go on from what the publishers send, the parts are not assessed and
// say why, people are told once; and when there is room the store is taken up again.
func TestScenarioStoreRefuses(t *testing.T) {
	t.Parallel()
	places := map[string]func(t *testing.T) place{"limit": strictStore}
	if p, ok := smallDisk(t); ok {
		places["full disk"] = func(*testing.T) place { return p }
	}
	for name, make := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := make(t)
			cfg := parse(t, p.dir, join(strings.Replace(base, "268435456", "67108864", 1), "[heartbeat]\nevery_s = 0.5\nmissing_s = 30", motorStream("motor", "")))
			saveMotorModel(t, cfg, "motor")
			w := start(t, cfg)
			eventually(t, "the first beat", func() bool { last, _ := w.Heartbeat(); return !last.IsZero() })
			sender := &bareSender{w: w, run: 99}
			sender.part(healthy(t), "before")
			w.wantVerdict("motor", "before", detector.OK)

			p.fill(w)
			a := w.alarmed("", alert.KindStore, alert.Raised).Alarm
			wantAll(t, a.What, "the signal store refuses what is published")
			if name == "full disk" {
				wantAll(t, a.What, "is full; make room on its disk")
			}
			if status, _ := w.get("/readyz"); status != 200 {
				t.Error("/readyz is red, and the heartbeat comes through")
			}
			eventually(t, "the stream to listen past the store", func() bool { return w.counts("motor").Opened >= 2 })
			sender.part(healthy(t), "good")
			sender.part(faulty(t), "bad")
			w.wantVerdict("motor", "good", detector.NotAssessed)
			w.wantVerdict("motor", "bad", detector.Alarm)
			w.alarmed("motor", alert.KindScore, alert.Raised)
			w.mu.Lock()
			for _, part := range w.parts {
				if part.Part == "good" && !strings.Contains(strings.Join(part.Reasons, "; "), "not stored") {
					t.Errorf("the part says %q", part.Reasons)
				}
			}
			w.mu.Unlock()

			p.let(w)
			w.alarmed("", alert.KindStore, alert.Cleared)
			eventually(t, "the store to be read again", func() bool { return w.log.count("streams are read from it") > 0 })
			sender.part(healthy(t), "after")
			w.wantVerdict("motor", "after", detector.OK)
			eventually(t, "the accounts to be stored", func() bool {
				list, err := app.Parts(within(t), w.Connection(), app.PartQuery{Stream: "motor"})
				return err == nil && len(list) == 4
			})
			if c := w.counts("motor"); c.Missing != 0 || c.Opened < 3 {
				t.Errorf("counts %+v", c)
			}
			if n := w.log.count("was started anew"); (n > 0) != (name == "full disk") {
				t.Errorf("the embedded server was started anew %d times", n)
			}
			if n := len(w.events("", alert.KindHeartbeat)); n != 0 {
				t.Errorf("%d events of the heartbeat, which came through", n)
			}
		})
	}
}

// bareSender publishes as a sensor does that cares for no answer.
type bareSender struct {
	w         *watch
	run, next uint64
}

func (s *bareSender) part(r *demo.Recording, name string) {
	s.w.t.Helper()
	whole := asBlock(r, s.run)
	whole.Part, whole.First, whole.TimeNS = name, s.next, time.Now().UnixNano()
	s.next = whole.End()
	for _, b := range cut(whole, func() int { return 100 }) {
		b.Seq = b.First + 1
		p, err := block.Append(nil, b, block.F32)
		if err != nil {
			s.w.t.Fatal(err)
		}
		if err := s.w.Connection().Publish(block.SubjectPrefix+"motor", p); err != nil {
			s.w.t.Fatal(err)
		}
	}
	if err := s.w.Connection().FlushTimeout(patience); err != nil {
		s.w.t.Fatal(err)
	}
}
