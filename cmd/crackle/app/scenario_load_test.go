package app_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	"crackle/ingest/simulate"
)

// heard is a chain under test, with the rows that it conditioned last and the scores that it gave.
type heard struct {
	*app.Chain
	rows   []float32 // row i at i modulo their number
	index  []uint64  // which row that is, plus one; 0: none yet
	scores map[uint64]detector.Score
}

func hear(t *testing.T, s *config.Stream, m *detector.Model, tap func(at uint64, v float32)) *heard {
	t.Helper()
	h := &heard{rows: make([]float32, 1<<16), index: make([]uint64, 1<<16), scores: map[uint64]detector.Score{}}
	var err error
	if h.Chain, err = app.NewChain(s, func(v *detector.Score) {
		if v.First != v.End {
			h.scores[v.First] = *v
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.Install(m); err != nil {
		t.Fatal(err)
	}
	h.Tap(func(first uint64, r []float32) {
		for i, v := range r {
			at := first + uint64(i)
			h.rows[at%uint64(len(h.rows))], h.index[at%uint64(len(h.rows))] = v, at+1
			tap(at, v)
		}
	})
	return h
}

// withBad is b with one sample of another value, as it comes off the wire with samples of 64 bits.
func withBad(t *testing.T, b *block.Block, at uint64, v float64) *block.Block {
	t.Helper()
	wire, err := block.Append(nil, b, block.F64)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint64(wire[block.HeaderSize+8*int(at-b.First):], math.Float64bits(v))
	got := new(block.Block)
	if err := (block.Binary{}).Decode(got, wire, nil); err != nil {
		t.Fatal(err)
	}
	return got
}

// One NaN, one Inf and one 1e308 in ten million samples: the filter is clean again within its settling time, the windows touched are not assessed, all
// others are, from three seconds later on to a thousandth with the scores that they have without the bad samples, and each of the three is counted.
func TestScenarioThreeBadSamples(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, noiseStream("mbn", "core"), "[stream.mbn.defects]\nbridge_samples = 0"))
	s := cfg.Streams["mbn"]
	m := teach(t, &s, noise(t, 0.1, 0.1)...)
	const samples = 10_000_000
	bad := map[uint64]float64{30_123: math.NaN(), 5_060_456: math.Inf(-1), 9_990_789: 1e308}
	var settling uint64
	dirty := func(first, end uint64) bool { // touched by a bad sample, or while the filter settles behind one
		for at := range bad {
			if first <= at+settling && end > at {
				return true
			}
		}
		return false
	}
	near := func(first, end uint64) bool { // within three seconds after one: the network's memory is another for a while, and fades
		for at := range bad {
			if first <= at+3*uint64(s.RateHz) && end > at {
				return true
			}
		}
		return false
	}
	clean := hear(t, &s, m, func(uint64, float32) {})
	rows, far := 0, 0
	spoilt := hear(t, &s, m, func(at uint64, v float32) {
		i := at % uint64(len(clean.rows))
		w, known := clean.rows[i], clean.index[i] == at+1
		if dirty(at, at+1) {
			return
		}
		rows++
		if !known || !(math.Abs(float64(v-w)) <= 1e-3*0.05) {
			if far++; far < 5 {
				t.Errorf("row %d is %g; without the bad samples %g, %v", at, v, w, known)
			}
		}
	})
	settling = uint64(clean.Conditioner.Settling())

	long := simulate.DefaultBarkhausen()
	long.Parts, long.BlockSamples = []simulate.GroundPart{{Name: "shaft", Seconds: samples / s.RateHz}}, 4096
	source, err := simulate.NewBarkhausen(long)
	if err != nil {
		t.Fatal(err)
	}
	var b block.Block
	next := uint64(0)
	for err = source.Read(&b); err == nil; err = source.Read(&b) {
		b.Run, b.First, b.Part, b.Flags = 9, next, "", block.Simulated
		next = b.End()
		if err := clean.Push(&b); err != nil {
			t.Fatal(err)
		}
		piece := &b
		for at, v := range bad {
			if at >= b.First && at < b.End() {
				piece = withBad(t, piece, at, v)
			}
		}
		if err := spoilt.Push(piece); err != nil {
			t.Fatal(err)
		}
	}
	if !errors.Is(err, io.EOF) || next != samples {
		t.Fatalf("%d samples: %v", next, err)
	}
	clean.End()
	spoilt.End()
	if c := spoilt.Conditioner.Counts(); c.Invalid != 3 || rows < samples-3*2*int(settling)-10 || settling == 0 || settling > 10_000 {
		t.Errorf("%d samples counted as invalid, %d rows compared, settling %d", c.Invalid, rows, settling)
	}
	touched, worst := 0, 0.0
	for first, v := range spoilt.scores {
		w, also := clean.scores[first]
		if !near(first, v.End) && v.Verdict != detector.NotAssessed {
			worst = max(worst, math.Abs(v.Value-w.Value)/max(1, math.Abs(w.Value)))
		}
		switch {
		case dirty(first, v.End):
			touched++
			if v.Verdict != detector.NotAssessed {
				t.Errorf("the window at %d is %v", first, v.Verdict)
			}
		case !also:
			t.Errorf("the window at %d is only there with the bad samples", first)
		case v.Verdict == detector.NotAssessed && w.Verdict != detector.NotAssessed && v.Reason != detector.WarmingUp:
			t.Errorf("the window at %d is not assessed: %v", first, v.Reason)
		}
	}
	if worst > 1e-3 {
		t.Errorf("three seconds behind the bad samples a score differs by %.2g of its value", worst)
	}
	if touched < 3 || len(spoilt.scores) < len(clean.scores)-3*30 || len(clean.scores) < samples/400-10 {
		t.Errorf("%d windows touched, %d scored, %d without the bad samples", touched, len(spoilt.scores), len(clean.scores))
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
				wantAll(t, w.alarmed("motor", alert.KindDropped, alert.Raised).Alarm.What, "samples thrown away", "a larger hop or a faster machine")
			} else {
				wantAll(t, w.alarmed("motor", alert.KindBehind, alert.Raised).Alarm.What, "behind what was stored", "it catches up when the load falls")
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
