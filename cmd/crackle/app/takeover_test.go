package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/journal"
	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
)

// send publishes blocks slowly in the background.
func sendBlocks(t *testing.T, pub *ingest.Publisher, blocks []*block.Block) <-chan error {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		for _, b := range blocks {
			piece := *b
			piece.First = 0
			if err := pub.Publish(t.Context(), &piece); err != nil {
				sent <- err
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		sent <- pub.Flush(t.Context())
	}()
	return sent
}

// scoredBy are the windows that a monitor has scored, by their first sample.
func scoredBy(m *monitor) map[uint64]uint64 {
	out := map[uint64]uint64{}
	for _, l := range m.all() {
		if l.Score != nil {
			out[l.Score.First] = l.Score.Bits
		}
	}
	return out
}

// wantUnion reports windows that none or more than one of the monitors scored, or to other bits than an undisturbed run.
func wantUnion(t *testing.T, want map[uint64]uint64, doubles bool, all ...*monitor) {
	t.Helper()
	got := map[uint64]uint64{}
	twice := 0
	for _, m := range all {
		for first, bits := range scoredBy(m) {
			if _, again := got[first]; again {
				twice++
			}
			got[first] = bits
		}
	}
	if twice > 0 && !doubles {
		t.Errorf("%d windows were scored by two", twice)
	}
	missing, other := 0, 0
	for first, bits := range want {
		if have, ok := got[first]; !ok {
			missing++
		} else if have != bits {
			other++
		}
	}
	if missing+other > 0 || len(got) != len(want) {
		t.Errorf("%d windows, want %d: %d are missing, %d are others", len(got), len(want), missing, other)
	}
}

// A second process takes a stream over: the first one lets go of it, no window is scored by both or by none, and only the second one tells.
func TestScenarioTwoProcesses(t *testing.T) {
	t.Parallel()
	x := newSite(t, motorStream("motor", ""))
	blocks, want, _ := x.production(12)
	first := startMonitor(t, x.path)
	sent := sendBlocks(t, publisher(t, x.nc, "motor", true), blocks)
	first.part("part-02")
	second := startMonitor(t, x.path)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	second.part("part-11")
	if !first.logged("is not watched any more: another crackle") || !first.logged("level=ERROR") {
		t.Error("the first one does not say that it stopped")
	}
	wantUnion(t, want, false, first, second)
	first.stop()
	second.stop()
	wantLives(t, x.nc, 4)
}

// A process that hangs cannot let go. When it goes on after another one has taken over, its next checkpoint is refused and it stops.
func TestScenarioHungProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	x := newSite(t, motorStream("motor", ""))
	blocks, want, _ := x.production(6)
	first := startMonitor(t, x.path)
	pub := publisher(t, x.nc, "motor", true)
	if err := <-sendBlocks(t, pub, blocks[:50]); err != nil {
		t.Fatal(err)
	}
	first.part("part-01")
	first.signal(syscall.SIGSTOP)
	second := startMonitor(t, x.path)
	if err := <-sendBlocks(t, pub, blocks[50:]); err != nil {
		t.Fatal(err)
	}
	second.part("part-05")
	first.signal(syscall.SIGCONT)
	for end := time.Now().Add(patience); !first.logged("is not watched any more: another crackle"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first one goes on")
		}
	}
	wantUnion(t, want, true, first, second)
	first.stop()
	second.stop()
	wantLives(t, x.nc, 2)
}

// startHook starts a webhook's receiver, which says the id of each event that it is told.
func startHook(t *testing.T) (*httptest.Server, chan string) {
	told := make(chan string, 1000)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r.Header.Get("Idempotency-Key") }))
	t.Cleanup(hook.Close)
	return hook, told
}

// A process that hangs is taken over, and by the time it wakes signal has come to it in which an alarm lies: the one that took over has told of it, and
// the journal is not its own any more, so that it tells nobody.
func TestScenarioHungProcessTellsNothing(t *testing.T) {
	t.Parallel()
	hook, told := startHook(t)
	srv := startServer(t)
	path, cfg := srv.write(t, t.TempDir(), motorStream("motor", "")+fmt.Sprintf("\n[sink.hook]\nkind = \"webhook\"\nurl = %q\nallow_private = true\n", hook.URL))
	saveMotorModel(t, cfg, "motor")
	blocks := production(t, 3)
	nc := srv.dial(t)
	first := startMonitor(t, path)
	pub := publisher(t, nc, "motor", true)
	if err := <-sendBlocks(t, pub, blocks[:30]); err != nil {
		t.Fatal(err)
	}
	first.wait("the first part", func(l said) bool { return l.Part != nil && l.Part.Part == "part-00" })
	first.signal(syscall.SIGSTOP)
	if err := <-sendBlocks(t, pub, blocks[30:]); err != nil { // what the server pushes to the first one
		t.Fatal(err)
	}
	second := startMonitor(t, path)
	second.wait("the last part", func(l said) bool { return l.Part != nil && l.Part.Part == "part-02" })
	count := map[string]int{}
	for len(count) < 2 {
		select {
		case id := <-told:
			count[id]++
		case <-time.After(patience):
			t.Fatalf("told: %v", count)
		}
	}
	first.signal(syscall.SIGCONT)
	eventually(t, "the first one to stop", func() bool { return first.logged("is not watched any more: another crackle") })
	first.stop()
	second.stop()
	hook.Close()
	close(told)
	for id := range told {
		count[id]++
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("event %s was told %d times", id, n)
		}
	}
}

// What the journal refuses, because another process has it, is not told: that one tells. Here it is taken between two blocks.
func TestTakenJournalTellsNothing(t *testing.T) {
	t.Parallel()
	hook, told := startHook(t)
	srv := startServer(t)
	path, cfg := srv.write(t, t.TempDir(), motorStream("motor", "")+fmt.Sprintf("\n[sink.hook]\nkind = \"webhook\"\nurl = %q\nallow_private = true\n", hook.URL))
	saveMotorModel(t, cfg, "motor")
	blocks := production(t, 6)
	nc := srv.dial(t)
	m := startMonitor(t, path)
	pub := publisher(t, nc, "motor", true)
	if err := <-sendBlocks(t, pub, blocks[:80]); err != nil { // an alarm, which is told while the journal is the monitor's
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-told:
		case <-time.After(patience):
			t.Fatal("nothing is told of the first alarm")
		}
	}
	m.wait("the fourth part", func(l said) bool { return l.Part != nil && l.Part.Part == "part-03" })
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	book := alert.BookConfig{Streams: []alert.Stream{{Name: "motor"}}}
	if _, _, err := journal.Open(within(t), js, journal.Config{Name: "main", Book: book, Bounds: journal.Bounds{MaxBytes: -1}}); err != nil {
		t.Fatal(err)
	}
	if err := <-sendBlocks(t, pub, blocks[80:]); err != nil {
		t.Fatal(err)
	}
	m.wait("the second alarm", func(l said) bool {
		return l.Alarm != nil && l.Alarm.Change == alert.Raised && l.Alarm.Alarm.Part == "part-05"
	})
	eventually(t, "what is not told", func() bool { return m.logged("not told: another crackle has taken over") })
	m.stop()
	hook.Close()
	if n := len(told); n > 0 {
		t.Errorf("%d events were told: %s, ...", n, <-told)
	}
}

// A process is stopped for three times the longest wait of its way to the server, and goes on: by then the server has given up the connection for its
// unanswered pings, and forgotten the reader; nothing is lost, nothing is told of it but what was. The longest wait that cannot be set is 10 s, for
// a checkpoint and before a silent reader is looked up; the others are set below that: the server's two pings 2 s, its writes 2 s, the client's two
// pings 6 s, the reader 8 s.
func TestScenarioStoppedForLong(t *testing.T) {
	t.Parallel()
	const longest = 10 * time.Second
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		JetStreamMaxStore: 256 << 20, JetStreamMaxMemory: 64 << 20, PingInterval: time.Second, MaxPingsOut: 2, WriteDeadline: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(patience) {
		t.Fatal("the server did not come up")
	}
	path, cfg := (&natsServer{url: srv.ClientURL()}).write(t, t.TempDir(), motorStream("motor", ""))
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	blocks := production(t, 6)
	want, _ := undisturbed(t, &s, blocks)
	nc, err := ingest.Connect(within(t), ingest.Options{URL: srv.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	m := startMonitor(t, path, shortWaits+"=1")
	pub := publisher(t, nc, "motor", true)
	if err := <-sendBlocks(t, pub, blocks[:50]); err != nil {
		t.Fatal(err)
	}
	m.wait("the second part", func(l said) bool { return l.Part != nil && l.Part.Part == "part-01" })
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	readers := func() int {
		st, err := js.Stream(within(t), block.StoreName)
		if err != nil {
			t.Fatal(err)
		}
		return st.CachedInfo().State.Consumers
	}
	clients := srv.NumClients()
	if readers() == 0 {
		t.Fatal("nobody reads")
	}
	m.signal(syscall.SIGSTOP)
	begun := time.Now()
	if err := <-sendBlocks(t, pub, blocks[50:]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server to give it up", func() bool { return srv.NumClients() < clients && readers() == 0 })
	time.Sleep(time.Until(begun.Add(3*longest + time.Second)))
	m.signal(syscall.SIGCONT)
	m.wait("the last part", func(l said) bool { return l.Part != nil && l.Part.Part == "part-05" })
	wantUnion(t, want, false, m)
	m.stop()
	for _, l := range m.all() {
		if l.Part != nil && l.Part.Verdict == detector.NotAssessed {
			t.Errorf("part %s: %q", l.Part.Part, l.Part.Reasons)
		}
		if l.Alarm != nil && l.Alarm.Alarm.Kind != alert.KindScore {
			t.Errorf("told: %s %s, %s", l.Alarm.Alarm.Kind, l.Alarm.Change, l.Alarm.Alarm.What)
		}
	}
}

// A crash of the server took messages, and their sequences are used again by others: the monitor finds its place by time.
func TestScenarioSequencesUsedAgain(t *testing.T) {
	t.Parallel()
	x := newSite(t, motorStream("motor", ""))
	m := startMonitor(t, x.path)
	publishPart(t, publisher(t, x.nc, "motor", true), healthy(t), "before", 100)
	m.part("before")
	m.stop()
	js, err := jetstream.New(x.nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	st, err := js.Stream(ctx, block.StoreName)
	if err != nil {
		t.Fatal(err)
	}
	had := st.CachedInfo()
	if err := js.DeleteStream(ctx, block.StoreName); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, had.Config); err != nil {
		t.Fatal(err)
	}
	pub := publisher(t, x.nc, "motor", true)
	for _, part := range []string{"after-1", "after-2"} {
		publishPart(t, pub, healthy(t), part, 100)
	}
	if st, err = js.Stream(ctx, block.StoreName); err != nil || st.CachedInfo().State.LastSeq <= had.State.LastSeq {
		t.Fatalf("sequences up to %d are not used again: %v", had.State.LastSeq, err)
	}
	m = startMonitor(t, x.path)
	for _, part := range []string{"after-1", "after-2"} {
		p := m.part(part)
		if p.Verdict != detector.OK {
			t.Errorf("part %s: %v %q", part, p.Verdict, p.Reasons)
		}
	}
	m.stop()
}

// A crackle of another name takes one of two streams over: the first one goes on with the other, and closes what it had open of the one that went.
func TestScenarioStreamGoesToAnotherWorker(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	both, cfg := srv.write(t, t.TempDir(), join(motorStream("goes", ""), motorStream("stays", "")))
	saveMotorModel(t, cfg, "goes")
	one, cfg2 := srv.write(t, t.TempDir(), motorStream("goes", ""))
	saveMotorModel(t, cfg2, "goes")
	text, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(one, []byte(strings.Replace(string(text), "sync = \"default\"", "sync = \"default\"\nworker = \"two\"", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	nc := srv.dial(t)
	first := startMonitor(t, both)
	goes, stays := publisher(t, nc, "goes", true), publisher(t, nc, "stays", true)
	publishRows(t, goes, true, "bad", 0, 600)
	publishRows(t, stays, false, "good", 0, 600)
	raised := func(m *monitor) said {
		t.Helper()
		return m.wait("the alarm", func(l said) bool {
			return l.Alarm != nil && l.Alarm.Alarm.Kind == alert.KindScore && l.Alarm.Change == alert.Raised
		})
	}
	id := raised(first).Alarm.Alarm.ID
	first.wait("the other stream's windows", func(l said) bool { return l.Score != nil && l.Score.Stream == "stays" && l.Score.First == 400 })
	second := startMonitor(t, one)
	if e := first.wait("the alarm's end", func(l said) bool { return l.Alarm != nil && l.Alarm.Change == alert.Cleared }).Alarm; e.Alarm.ID != id || e.Alarm.ClearReason != alert.ClearedRemoved {
		t.Errorf("%+v", e)
	}
	publishRows(t, goes, true, "bad", 600, 1000)
	publishRows(t, stays, false, "good", 600, 1000)
	if p := second.wait("the part that went", func(l said) bool { return l.Part != nil }).Part; p.Samples.Expected != 1000 || p.Samples.Missing > 0 {
		t.Errorf("the part that went: %v %q %+v", p.Verdict, p.Reasons, p.Samples)
	}
	raised(second)
	if p := first.part("good"); p.Verdict != detector.OK {
		t.Errorf("the part that stayed: %v %q %+v", p.Verdict, p.Reasons, p.Samples)
	}
	first.stop()
	second.stop()
}
