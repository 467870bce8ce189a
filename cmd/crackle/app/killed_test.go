package app_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
	"crackle/ingest/broker"
)

// undisturbed is what one chain makes of blocks without a break: the bits of each window's score by its first sample, and the parts.
func undisturbed(t *testing.T, s *config.Stream, blocks []*block.Block) (scores map[uint64]uint64, parts []ledger.Part) {
	t.Helper()
	scores = map[uint64]uint64{}
	c, err := app.NewChain(s, func(s *detector.Score) {
		if s.First != s.End {
			scores[s.First] = math.Float64bits(s.Value)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c.OnPart(func(p ledger.Part) { parts = append(parts, p) })
	if err := c.Install(motorModel.model); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if err := c.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	return scores, parts
}

// production is a number of parts, of which every third is bad, in blocks of 50 rows.
func production(t *testing.T, parts int) (blocks []*block.Block) {
	t.Helper()
	next := uint64(0)
	for i := range parts {
		r := healthy(t)
		if i%3 == 2 {
			r = faulty(t)
		}
		for _, b := range cut(asBlock(r, 0), func() int { return 50 }) {
			b.First, b.Part = next, fmt.Sprintf("part-%02d", i)
			next = b.End()
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// accounts waits until those of so many parts are kept: the monitor that told the last part's end may be one that was killed.
func accounts(t *testing.T, nc *nats.Conn, parts int) {
	t.Helper()
	eventually(t, fmt.Sprintf("the accounts of %d parts", parts), func() bool {
		kept, err := app.Parts(within(t), nc, app.PartQuery{Stream: "motor"})
		return err == nil && len(kept) >= parts
	})
}

// A monitor is killed the hard way, again and again under load. What all of them scored together is every window of a run without a break, to the
// bit; no transition is journalled twice and none is missing; every part's account adds up to the sample and its verdict is the same.
func TestScenarioKilledUnderLoad(t *testing.T) {
	t.Parallel()
	x := newSite(t, motorStream("motor", ""))
	blocks, want, parts := x.production(24)
	m := startMonitor(t, x.path) // the stream is seen from here on
	sent := make(chan error, 1)
	pub := publisher(t, x.nc, "motor", true)
	go func() {
		for _, b := range blocks {
			piece := *b
			piece.First = 0
			if err := pub.Publish(t.Context(), &piece); err != nil {
				sent <- err
				return
			}
			time.Sleep(12 * time.Millisecond)
		}
		sent <- pub.Flush(t.Context())
	}()
	var lines []said
	for range 6 {
		time.Sleep(time.Duration(200+rand.IntN(900)) * time.Millisecond)
		m.kill()
		lines = append(lines, m.all()...)
		m = startMonitor(t, x.path)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	accounts(t, x.nc, len(parts))
	m.stop()
	lines = append(lines, m.all()...)

	got := map[uint64]uint64{}
	for _, l := range lines {
		if x := l.Score; x != nil {
			if bits, again := got[x.First]; again && bits != x.Bits {
				t.Errorf("window at %d scored %x, then %x", x.First, bits, x.Bits)
			}
			got[x.First] = x.Bits
		}
	}
	wrong := 0
	for first, bits := range want {
		if have, scored := got[first]; !scored || have != bits {
			if wrong++; wrong < 5 {
				t.Errorf("window at %d: scored %v, %x; want %x", first, scored, have, bits)
			}
		}
	}
	if len(got) != len(want) || wrong > 0 {
		t.Errorf("%d windows, want %d; %d differ", len(got), len(want), wrong)
	}

	list := journalOf(t, x.nc)
	var changes []string
	for _, e := range list {
		if e.Event != nil && e.Event.Alarm.Kind == alert.KindScore {
			changes = append(changes, e.Event.ID)
		}
	}
	if n := len(changes); n != 16 || len(slices.Compact(slices.Sorted(slices.Values(changes)))) != n {
		t.Errorf("%d transitions: %s; want 16, each once", n, strings.Join(changes, " "))
	}

	kept, err := app.Parts(within(t), x.nc, app.PartQuery{Stream: "motor"})
	if err != nil || len(kept) != len(parts) {
		t.Fatalf("%d parts are kept, want %d; %v", len(kept), len(parts), err)
	}
	slices.SortFunc(kept, func(a, b ledger.Part) int { return strings.Compare(a.Part, b.Part) })
	for i, p := range kept {
		verdict := detector.OK
		if i%3 == 2 {
			verdict = detector.Alarm
		}
		if p.Samples != parts[i].Samples || p.Windows != parts[i].Windows || p.Verdict != verdict {
			t.Errorf("part %s: %s\n%+v %+v\nwant %+v %+v", p.Part, p.Verdict, p.Samples, p.Windows, parts[i].Samples, parts[i].Windows)
		}
	}
}

// alarmed starts a monitor, has it raise an alarm in the middle of a bad part, and kills it. rest publishes what is left of the part.
func alarmed(t *testing.T, x *site) (id string, rest func()) {
	t.Helper()
	m := startMonitor(t, x.path)
	pub := publisher(t, x.nc, "motor", true)
	publishRows(t, pub, true, "bad", 0, 600)
	id = m.wait("the alarm", func(l said) bool { return l.Alarm != nil && l.Alarm.Change == alert.Raised }).Alarm.Alarm.ID
	eventually(t, "the journal to have it", func() bool { return len(changesOf(journalOf(t, x.nc), "motor", alert.KindScore)) == 1 })
	m.kill()
	return id, func() {
		publishRows(t, pub, true, "bad", 600, 1000)
		publishPart(t, pub, healthy(t), "good", 100)
	}
}

// wantOneLife holds the journal and a desk against one alarm that was raised and cleared.
func wantOneLife(t *testing.T, srv *natsServer, d *desk, m *monitor, id string) {
	t.Helper()
	list := journalOf(t, srv.dial(t))
	if got := strings.Join(changesOf(list, "motor", alert.KindScore), " "); got != "raised cleared" {
		t.Errorf("the journal has %s", got)
	}
	for _, l := range m.all() {
		if l.Alarm != nil && l.Alarm.Alarm.Kind == alert.KindScore && (l.Alarm.Change != alert.Cleared || l.Alarm.Alarm.ID != id || l.Alarm.Alarm.ClearReason != alert.ClearedPart) {
			t.Errorf("told after the restart: %+v", l.Alarm)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if keys := slices.Compact(slices.Sorted(slices.Values(d.keys))); len(keys) != 2 {
		t.Errorf("messages %q; want one of the alarm and one of its end", d.keys)
	}
}

// The monitor is killed in an alarm and comes back while the condition still holds: it is not told again, and clears once when it is over.
func TestScenarioKilledInAlarmThatHolds(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	x := newSite(t, join(motorStream("motor", ""), sinks))
	id, rest := alarmed(t, x)
	m := startMonitor(t, x.path)
	rest()
	m.part("good")
	if p := m.part("bad"); p.Verdict != detector.Alarm {
		t.Errorf("the part of the alarm: %v %q", p.Verdict, p.Reasons)
	}
	m.stop()
	wantOneLife(t, x.srv, d, m, id)
}

// The condition ends while nobody watches: the alarm clears once, from what the store kept.
func TestScenarioKilledInAlarmThatEnds(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	x := newSite(t, join(motorStream("motor", ""), sinks))
	id, rest := alarmed(t, x)
	rest()
	m := startMonitor(t, x.path)
	m.part("good")
	m.stop()
	wantOneLife(t, x.srv, d, m, id)
}

// A checkpoint, an alarm machine's state or a journal of a later version is refused with words that say what to do, and nothing is changed.
func TestScenarioLaterVersions(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, js jetstream.JetStream){
		"the program that wrote it, or begin without it: start": func(t *testing.T, js jetstream.JetStream) {
			kept(t, js, "stream.motor", func(b []byte) []byte { return []byte(strings.Replace(string(b), `{"version":1,`, `{"version":99,`, 1)) })
		},
		"alert: checkpoint is of version 99": func(t *testing.T, js jetstream.JetStream) {
			kept(t, js, "machine.main", func([]byte) []byte { return packed(t, `{"version":99}`) })
		},
		"entry of version 99": func(t *testing.T, js jetstream.JetStream) {
			if _, err := js.Publish(within(t), "crackle.journal.main", []byte(`{"v":99,"writer":"x","n":1}`)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSite(t, motorStream("motor", ""))
			m := startMonitor(t, x.path)
			publishPart(t, publisher(t, x.nc, "motor", true), healthy(t), "first", 100)
			m.wait("the part", func(l said) bool { return l.Part != nil })
			m.stop()
			js, err := jetstream.New(x.nc)
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, js)
			m = startMonitor(t, x.path)
			got := ""
			for _, l := range m.all() {
				got += l.Error
			}
			wantAll(t, got, name)
			m.kill()
		})
	}
}

// kept changes a value in the bucket of checkpoints.
func kept(t *testing.T, js jetstream.JetStream, key string, change func([]byte) []byte) {
	t.Helper()
	ctx := within(t)
	kv, err := js.KeyValue(ctx, "CRACKLE_CHECKPOINTS")
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Update(ctx, key, change(e.Value()), e.Revision()); err != nil {
		t.Fatal(err)
	}
}

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The monitor and its own server are killed together, as one process, in the default way of keeping: every acknowledged block is scored once, and what
// the publisher sends again is a duplicate.
func TestScenarioKilledWithItsServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(strings.Replace(base, `"default"`, `"always"`, 1), motorStream("motor", ""))
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	path := filepath.Join(dir, "monitor.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	blocks := production(t, 9)
	want, _ := undisturbed(t, &s, blocks)
	m := startMonitor(t, path)
	all := []*monitor{m}
	url, token, err := broker.Door(cfg.Store.Dir)
	if err != nil {
		t.Fatal(err)
	}
	srv := &natsServer{t: t, url: url, token: token} // only to dial
	pub := publisher(t, srv.dial(t), "motor", true)
	sent := sendBlocks(t, pub, blocks)
	for range 3 {
		time.Sleep(time.Duration(300+rand.IntN(500)) * time.Millisecond)
		m.kill()
		m = startMonitor(t, path)
		all = append(all, m)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	nc := srv.dial(t)
	accounts(t, nc, 9)
	eventually(t, "the last alarm's end in the journal", func() bool { return len(changesOf(journalOf(t, nc), "motor", alert.KindScore)) >= 6 })
	wantUnion(t, want, true, all...)
	wantLives(t, nc, 3)
	kept, err := app.Parts(within(t), nc, app.PartQuery{Stream: "motor"})
	if err != nil || len(kept) != 9 {
		t.Fatalf("%d parts are kept, want 9; %v", len(kept), err)
	}
	for _, p := range kept {
		if p.Verdict == detector.NotAssessed || p.Samples.Missing > 0 || p.Samples.Expected != 1000 {
			t.Errorf("part %s: %v %q %+v", p.Part, p.Verdict, p.Reasons, p.Samples)
		}
	}
}

// What cannot be read again is counted: on core NATS the samples that came while the monitor was down are missing, to the sample.
func TestScenarioKilledOnCoreNATS(t *testing.T) {
	t.Parallel()
	x := newSite(t, motorStream("motor", `transport = "core"`))
	pub := publisher(t, x.nc, "motor", false)
	listens := func() {
		t.Helper()
		eventually(t, "the monitor to listen", func() bool { // that nobody hears a request the server says before it answers the flush
			answers, err := x.nc.SubscribeSync(nats.NewInbox())
			if err != nil {
				t.Fatal(err)
			}
			defer answers.Unsubscribe()
			if err := errors.Join(x.nc.PublishRequest("crackle.signal.motor", answers.Subject, []byte("?")), x.nc.FlushTimeout(patience)); err != nil {
				t.Fatal(err)
			}
			unheard, _, err := answers.Pending()
			return unheard == 0 && err == nil
		})
	}
	m := startMonitor(t, x.path)
	listens()
	publishPart(t, pub, healthy(t), "whole", 100)
	m.part("whole")
	publishRows(t, pub, false, "torn", 0, 300)
	m.wait("its windows", func(l said) bool { return l.Score != nil && l.Score.First == 1100 })
	m.stop()
	// with a checkpoint at sample 1300; a kill would only make the gap longer
	publishRows(t, pub, false, "torn", 300, 600)
	m = startMonitor(t, x.path)
	listens()
	publishRows(t, pub, false, "torn", 600, 1000)
	publishPart(t, pub, healthy(t), "after", 100)
	p := m.part("torn")
	if p.Samples.Expected != 1000 || p.Samples.Received != 700 || p.Samples.Missing != 300 || p.Verdict != detector.NotAssessed {
		t.Errorf("%v %q %+v", p.Verdict, p.Reasons, p.Samples)
	}
	if p := m.part("after"); p.Verdict != detector.OK {
		t.Errorf("%v %q %+v", p.Verdict, p.Reasons, p.Samples)
	}
	m.stop()
}

// An alarm that was raised just before the kill has its evidence all the same, with the signal before its onset, whether the newest checkpoint is from
// before the onset or from after it.
func TestScenarioKilledBeforeTheEvidence(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"checkpoint before the onset": false, "checkpoint after the onset": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSite(t, join(motorStream("motor", ""), motorStream("other", "")))
			js, err := jetstream.New(x.nc)
			if err != nil {
				t.Fatal(err)
			}
			m := startMonitor(t, x.path)
			pub := publisher(t, x.nc, "motor", true)
			publishRows(t, pub, true, "bad", 0, 600)
			id := m.wait("the alarm", func(l said) bool { return l.Alarm != nil && l.Alarm.Change == alert.Raised }).Alarm.Alarm.ID
			eventually(t, "the journal to have it", func() bool { return len(changesOf(journalOf(t, x.nc), "motor", alert.KindScore)) == 1 })
			if late {
				publishPart(t, publisher(t, x.nc, "other", true), healthy(t), "good", 100) // its end brings a checkpoint of all
				eventually(t, "the checkpoint", func() bool { return strings.Contains(keptHead(t, js, "stream.motor"), `"next":600`) })
			}
			m.kill()
			store, err := evidence.OpenStore(t.Context(), js, evidence.Bounds{})
			if err != nil {
				t.Fatal(err)
			}
			if has, err := store.Has(t.Context(), id); has || err != nil {
				t.Fatalf("the evidence was stored before the kill: %v, %v", has, err)
			}
			m = startMonitor(t, x.path)
			publishRows(t, pub, true, "bad", 600, 1000)
			eventually(t, "the evidence", func() bool {
				has, err := store.Has(t.Context(), id)
				return has && err == nil
			})
			m.stop()
			p, err := store.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Raw.Segments) == 0 || p.Raw.Segments[0].First != 0 || len(p.Raw.Samples) != 3*1000 || len(p.Windows) == 0 {
				t.Errorf("segments %+v of %d samples, %d windows, short: %s", p.Raw.Segments, len(p.Raw.Samples), len(p.Windows), p.Short)
			}
		})
	}
}

// keptHead is the first line of a checkpoint.
func keptHead(t *testing.T, js jetstream.JetStream, key string) string {
	t.Helper()
	kv, err := js.KeyValue(within(t), "CRACKLE_CHECKPOINTS")
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(within(t), key)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(e.Value()), "\n")
	return head
}
