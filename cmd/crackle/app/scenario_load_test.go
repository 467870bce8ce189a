package app_test

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
)

// conditioned gives the conditioned rows of a noise signal by their index, the windows' scores, and the filter's settling time.
func conditioned(t *testing.T, s *config.Stream, m *detector.Model, signal []*block.Block) (rows map[uint64]float32, scores map[uint64]detector.Score, settling uint64) {
	t.Helper()
	rows, scores = map[uint64]float32{}, map[uint64]detector.Score{}
	c, err := app.NewChain(s, func(v *detector.Score) {
		if v.First != v.End {
			scores[v.First] = *v
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Install(m); err != nil {
		t.Fatal(err)
	}
	c.Tap(func(first uint64, r []float32) {
		for i, v := range r {
			rows[first+uint64(i)] = v
		}
	})
	for _, b := range signal {
		if err := c.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	c.End()
	return rows, scores, uint64(c.Conditioner.Settling())
}

// One NaN, one Inf and one 1e308 among many samples: the filter is clean again within its settling time, the windows touched are not assessed, all
// others score as if nothing had been, and each of the three is counted.
func TestScenarioThreeBadSamples(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, noiseStream("mbn", "core"), "[stream.mbn.defects]\nbridge_samples = 0"))
	s := cfg.Streams["mbn"]
	lesson := noise(t, 0.1, 0.1, 0.6)
	m := teach(t, &s, lesson[:2]...)
	whole := lesson[2]
	whole.Run, whole.Part, whole.Flags = 9, "", 0
	pieces := cut(whole, func() int { return 1000 })
	clean, cleanScores, settling := conditioned(t, &s, m, pieces)
	bad := map[uint64]float64{30_123: math.NaN(), 60_456: math.Inf(-1), 90_789: 1e308}
	spoilt := make([]*block.Block, len(pieces))
	for i, b := range pieces {
		spoilt[i] = b
		for at, v := range bad {
			if at < b.First || at >= b.End() {
				continue
			}
			c := *b
			c.Samples = append([]float32(nil), b.Samples...)
			c.Samples[at-b.First] = float32(v) // as a 64-bit sample comes off the wire
			spoilt[i] = &c
		}
	}
	got, scores, _ := conditioned(t, &s, m, spoilt)
	dirty := func(first, end uint64) bool { // touched by a bad sample, or while the filter settles behind one
		for at := range bad {
			if first <= at+settling && end > at {
				return true
			}
		}
		return false
	}
	for at, v := range clean {
		w, ok := got[at]
		if dirty(at, at+1) {
			continue
		}
		if !ok || math.Abs(float64(v-w)) > 1e-3*0.05 {
			t.Fatalf("row %d is %g, %v; without the bad samples %g", at, w, ok, v)
		}
	}
	touched, assessed := 0, 0
	for first, v := range scores {
		if !dirty(first, v.End) {
			if v.Verdict != detector.NotAssessed {
				assessed++
			}
			continue
		}
		touched++
		if v.Verdict != detector.NotAssessed {
			t.Errorf("the window at %d is %v", first, v.Verdict)
		}
	}
	if touched == 0 || assessed < len(cleanScores)/2 {
		t.Errorf("%d windows touched, %d of %d assessed", touched, assessed, len(cleanScores))
	}
}

// A publisher at about twice of what the machine takes. Without a store the oldest goes and every sample of it is counted; with one the lag is told,
// and made up for. What waits in memory stays within its bound meanwhile.
func TestScenarioTwiceTheCapacity(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"core", "jetstream"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(motorStream("motor", "transport = \""+transport+"\""), "queue_blocks = 4096", "queue_blocks = 16", 1)
			cfg := parse(t, t.TempDir(), join(base, text, "[stream.motor.health]\nbehind_s = 1"))
			saveMotorModel(t, cfg, "motor")
			const window = 10 * time.Millisecond // 20 windows to a part of 1 s: five times real time
			w := newWatch(t, cfg, func(o *app.Options) {
				o.Observe.Score = func(*detector.Score) { time.Sleep(window) }
			})
			if err := w.Start(within(t)); err != nil {
				t.Fatal(err)
			}
			w.listen()
			pub := w.publisher("motor")
			const parts = 60 // in about 6 s, ten times real time
			begin, sent := time.Now(), uint64(0)
			for i := range parts {
				publishPart(t, pub, healthy(t), fmt.Sprintf("part-%02d", i), 20)
				sent += 1000
				if n := w.counts("motor").Queued; n > 16 { // what is in memory; the rest is dropped, or waits in the store
					t.Errorf("%d blocks in a queue of 16", n)
				}
				time.Sleep(time.Until(begin.Add(time.Duration(i+1) * 100 * time.Millisecond)))
			}
			flush(t, pub)
			if transport == "core" {
				w.alarmed("motor", alert.KindDropped, alert.Raised)
			} else {
				w.alarmed("motor", alert.KindBehind, alert.Raised)
			}
			last := func() *ledger.Part {
				w.mu.Lock()
				defer w.mu.Unlock()
				if n := len(w.parts); n > 0 {
					return &w.parts[n-1]
				}
				return nil
			}
			eventually(t, "the last part", func() bool {
				p := last()
				return p != nil && (p.Part == "part-59" || transport == "core" && w.counts("motor").Queued == 0)
			})
			c := w.counts("motor")
			if c.Received.Samples != sent || c.Missing != 0 || (c.Dropped.Samples > 0) != (transport == "core") {
				t.Errorf("counts %+v", c)
			}
			if transport == "core" {
				eventually(t, "all that was not dropped", func() bool { return w.Status("motor").Counts.Received == sent })
				w.mu.Lock()
				defer w.mu.Unlock()
				worse := 0
				for _, p := range w.parts {
					if p.Samples.Missing > 20 && p.Verdict == detector.OK {
						t.Errorf("%s lost %d samples and is ok", p.Part, p.Samples.Missing)
					}
					if p.Verdict == detector.NotAssessed {
						worse++
					}
				}
				if worse == 0 {
					t.Error("samples were dropped, and every part is ok")
				}
				return
			}
			w.alarmed("motor", alert.KindBehind, alert.Cleared)
			for i := range parts {
				w.wantVerdict("motor", fmt.Sprintf("part-%02d", i), detector.OK)
			}
		})
	}
}

// Slack says "later" while an alarm clears, and a mail server accepts and then says nothing: scoring goes on, the other sinks are told at once, and
// Slack both of the onset and of the end when its time has come.
func TestScenarioSinksInTrouble(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	var refused atomic.Int64
	later := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if refused.Add(1) <= 2 {
			rw.Header().Set("Retry-After", "3")
			http.Error(rw, "slow down", http.StatusTooManyRequests)
			return
		}
		d.ServeHTTP(rw, r)
	}))
	defer later.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			defer c.Close() // at the end of the test; until then it is there and says nothing
		}
	}()
	var own string
	for line := range strings.Lines(sinks) {
		switch {
		case strings.HasPrefix(line, "webhook_url"):
			line = "webhook_url = \"" + later.URL + "/services/T0/B0/secret\"\n"
		case strings.HasPrefix(line, "port"):
			line = fmt.Sprintf("port = %d\ntimeout_s = 2\n", silent.Addr().(*net.TCPAddr).Port)
		}
		own += line
	}
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), own))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	pub := w.publisher("motor")
	publishPart(t, pub, faulty(t), "bad", 100)
	w.alarmed("motor", alert.KindScore, alert.Cleared)
	publishPart(t, pub, healthy(t), "good", 100)
	w.wantVerdict("motor", "good", detector.OK)
	eventually(t, "the webhook", func() bool { _, n, _ := d.counts(); return n == 2 })
	eventually(t, "Slack", func() bool { n, _, _ := d.counts(); return n == 2 })
	d.mu.Lock()
	defer d.mu.Unlock()
	if !strings.Contains(d.slack[0], "Alarm: ") || !strings.Contains(d.slack[1], "Cleared: ") {
		t.Errorf("Slack was told %q", d.slack)
	}
	if refused.Load() < 4 {
		t.Errorf("Slack was asked %d times", refused.Load())
	}
	if len(d.mails) != 0 {
		t.Error("mail came through a server that says nothing")
	}
}
