package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
)

// TestScenarioMonitorKilled kills the monitor, the hard way, again and again in the middle of its work. Each time it starts anew it goes on
// from the journal and reads its signal again from the beginning. In the end every transition stands in the journal exactly once, in the
// order and under the ids of a life without a break.
func TestScenarioMonitorKilled(t *testing.T) {
	s := newServer(t)
	env := []string{monitorURL + "=" + s.url, monitorKey + "=" + s.token}
	told := map[string]int{}
	for _, lines := range []int{1, 20, 90, 50, 130} {
		p := start(t, env...)
		for range lines {
			line, err := p.out.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			told[line]++
		}
		p.cmd.Process.Kill()
		for { // what it had written and nobody read yet was told as well
			line, err := p.out.ReadString('\n')
			if err != nil {
				break
			}
			told[line]++
		}
		p.kill()
	}
	last := start(t, env...)
	rest, err := io.ReadAll(last.out)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(rest)) {
		told[line]++
	}
	if err := last.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	last.cmd = nil
	_, js := s.connect(t)
	got, want := eventsOf(t, entries(t, js, "main")), lived(t, 2000)
	if len(got) != len(want) {
		t.Fatalf("%d events in the journal, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].ID != want[i].ID || got[i].Alarm.State != want[i].Alarm.State {
			t.Fatalf("event %d is %s %s, want %s %s", i+1, got[i].ID, got[i].Alarm.State, want[i].ID, want[i].Alarm.State)
		}
		if told[strconv.Itoa(i+1)+"\n"] == 0 {
			t.Errorf("event %d was never told", i+1)
		}
	}
}

// TestScenarioServerKilled kills the server while events flow, twice. They wait in memory, and each is stored exactly once.
func TestScenarioServerKilled(t *testing.T) {
	s := newServer(t)
	nc, js := s.connect(t)
	j, _ := open(t, js, Config{})
	want := lived(t, 4500)
	if len(want) < 1000 {
		t.Fatalf("only %d events", len(want))
	}
	for i, ev := range want {
		j.events <- ev
		switch i {
		case 100, 600:
			s.kill()
			eventually(t, "notice", func() bool { return !nc.IsConnected() })
		case 400, 900:
			eventually(t, "try and fail", func() bool { return j.Counts().Away })
			s.start(t)
		}
		if i%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	j.Note(Note{What: "limit", Stream: "a", By: "ines", From: "4", To: "5"})
	j.finish(t)
	list := entries(t, js, "main")
	got := eventsOf(t, list)
	if len(got) != len(want) {
		t.Fatalf("%d events in the journal, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].ID != want[i].ID {
			t.Fatalf("event %d is %s, want %s", i, got[i].ID, want[i].ID)
		}
	}
	i := slices.IndexFunc(list, func(e Entry) bool { return e.Note != nil })
	if i < 0 || list[i].Note.By != "ines" || list[i].Note.To != "5" || !j.Settled(uint64(len(want))) || j.Settled(uint64(len(want))+1) {
		t.Errorf("note at %d of %d, settled %t", i, len(list), j.Settled(uint64(len(want))))
	}
	if c := j.Counts(); c.Lost != 0 || c.Retried == 0 || c.Written != uint64(len(list)) || c.Queued != 0 {
		t.Errorf("counts %+v", c)
	}
}

// TestScenarioStoreLosesItsTail: a crash of the store takes the youngest entries, whose sequences are then used again. The journal gives them
// to the store once more.
func TestScenarioStoreLosesItsTail(t *testing.T) {
	for _, before := range []int{0, 40} { // entries of the crashed writer that survive; 0: not even its first
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			s := newServer(t)
			nc, js := s.connect(t)
			want := lived(t, 1000)
			var j *running
			copied := filepath.Join(t.TempDir(), "old")
			keep := func() {
				s.kill()
				eventually(t, "notice", func() bool { return !nc.IsConnected() })
				if err := os.CopyFS(copied, os.DirFS(filepath.Join(s.dir, "nats"))); err != nil {
					t.Fatal(err)
				}
				s.start(t)
				eventually(t, "come back", nc.IsConnected)
			}
			first, _ := open(t, js, Config{}) // the writer before
			first.finish(t)
			if before == 0 {
				keep()
			}
			j, _ = open(t, js, Config{})
			for _, ev := range want[:before] {
				j.events <- ev
			}
			if before > 0 {
				eventually(t, "store", func() bool { return j.Settled(uint64(before)) })
				keep()
			}
			for _, ev := range want[before:200] {
				j.events <- ev
			}
			eventually(t, "store", func() bool { return j.Settled(200) })
			s.kill()
			store := filepath.Join(s.dir, "nats")
			if err := errors.Join(os.RemoveAll(store), os.CopyFS(store, os.DirFS(copied))); err != nil {
				t.Fatal(err)
			}
			s.start(t)
			for _, ev := range want[200:] {
				j.events <- ev
			}
			j.finish(t)
			if got := eventsOf(t, entries(t, js, "main")); len(got) != len(want) {
				t.Errorf("%d events in the journal, want %d", len(got), len(want))
			}
			if c := j.Counts(); c.Restored < 150 || c.Lost != 0 {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

// TestScenarioTakenOver: a second process opens the journal. The first is stopped by its next entry, which is not stored.
func TestScenarioTakenOver(t *testing.T) {
	js := startBroker(t)
	want := lived(t, 200)
	one, _ := open(t, js, Config{Name: "line-1"})
	one.events <- want[0]
	eventually(t, "store", func() bool { return one.Settled(1) })
	two, st := open(t, js, Config{Name: "line-1"})
	if st.Book.Events != 1 || len(st.Since) != 0 || st.Entries != 2 {
		t.Errorf("state %+v", st)
	}
	one.events <- want[1]
	if err := <-one.done; !errors.Is(err, ErrTaken) {
		t.Errorf("first writer: %v", err)
	}
	one.done <- nil
	if c := one.Counts(); !c.Taken || c.Lost != 1 || c.Written != 2 {
		t.Errorf("counts %+v", c)
	}
	for _, ev := range want[1:] {
		two.events <- ev
	}
	two.finish(t)
	if got := eventsOf(t, entries(t, js, "line-1")); len(got) != len(want) {
		t.Errorf("%d events, want %d", len(got), len(want))
	}
	if n := len(entries(t, js, "other")); n != 0 {
		t.Errorf("another journal has %d entries", n)
	}
}

// TestScenarioStoreAwayForLong: what the bounded queue cannot hold is counted, and the count is journalled.
func TestScenarioStoreAwayForLong(t *testing.T) {
	s := newServer(t)
	nc, js := s.connect(t)
	j, _ := open(t, js, Config{Queue: 50})
	want := lived(t, 2000)
	s.kill()
	eventually(t, "notice", func() bool { return !nc.IsConnected() })
	for _, ev := range want {
		j.events <- ev
	}
	eventually(t, "lose", func() bool { c := j.Counts(); return len(j.events) == 0 && c.Lost > 0 })
	s.start(t)
	j.finish(t)
	var lost uint64
	var numbers []uint64
	for _, e := range entries(t, js, "main") {
		lost += e.Lost
		if e.Event != nil {
			numbers = append(numbers, e.Event.Number)
		}
	}
	c := j.Counts()
	if lost != c.Lost || int(lost)+len(numbers) != len(want) || !slices.IsSorted(numbers) || !j.Settled(uint64(len(want))) {
		t.Errorf("%d kept, %d lost by the journal's word, counts %+v, %d events", len(numbers), lost, c, len(want))
	}
	_, st := open(t, js, Config{})
	if st.Lost != lost {
		t.Errorf("read back: %d lost, want %d", st.Lost, lost)
	}
}

// TestAnswerLost: an entry that is stored although the answer was lost is found, not stored twice.
func TestAnswerLost(t *testing.T) {
	js := startBroker(t)
	ctx := within(t, 20*time.Second)
	j, _, err := Open(ctx, js, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range lived(t, 100) {
		last := j.w.last
		e := Entry{Event: &ev}
		if _, err := j.w.write(ctx, &e); err != nil {
			t.Fatal(err)
		}
		j.w.last, j.w.n = last, j.w.n-1 // as if it had not been heard
		if _, err := j.w.write(ctx, &e); err != nil {
			t.Fatal(err)
		}
	}
	if got := eventsOf(t, entries(t, js, "main")); len(got) != len(lived(t, 100)) {
		t.Errorf("%d events", len(got))
	}
}

// TestStreamDeleted: an administrator deletes the stream. It is made anew and given what is remembered.
func TestStreamDeleted(t *testing.T) {
	js := startBroker(t)
	j, _ := open(t, js, Config{})
	want := lived(t, 300)
	for _, ev := range want[:50] {
		j.events <- ev
	}
	eventually(t, "store", func() bool { return j.Settled(50) })
	if err := js.DeleteStream(within(t, 5*time.Second), Stream); err != nil {
		t.Fatal(err)
	}
	for _, ev := range want[50:] {
		j.events <- ev
	}
	j.finish(t)
	if got := eventsOf(t, entries(t, js, "main")); len(got) != len(want) {
		t.Errorf("%d events, want %d", len(got), len(want))
	}
}

// TestOldEntriesGone: the stream has dropped its oldest entries, those of open alarms and shelves too. The book in a newer entry holds them.
func TestOldEntriesGone(t *testing.T) {
	js := startBroker(t)
	j, _ := open(t, js, Config{Book: plant, Renew: 50 * time.Millisecond})
	book, _ := alert.NewBook(plant)
	evs, err := book.Step(nil, &alert.Input{Op: alert.OpShelve, Shelving: &alert.Shelving{Stream: "a", Kind: alert.KindScore, By: "ines", For: time.Hour}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		evs, _ = book.Step(evs, &alert.Input{Op: alert.OpScore, Score: wave(i)}, time.Now())
	}
	for _, ev := range evs {
		j.events <- ev
	}
	eventually(t, "store", func() bool { return j.Settled(uint64(len(evs))) })
	written := j.Counts().Written
	eventually(t, "renew", func() bool { return j.Counts().Written > written+1 })
	j.finish(t)
	st, err := js.Stream(within(t, 5*time.Second), Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Purge(within(t, 5*time.Second), jetstream.WithPurgeKeep(1)); err != nil {
		t.Fatal(err)
	}
	_, state := open(t, js, Config{Book: plant})
	want, got := book.Checkpoint(), state.Book
	if state.Entries != 1 || got.Events != want.Events || len(got.Open) != 2 || len(got.Shelves) != 1 || got.Shelves[0].By != "ines" {
		t.Fatalf("read %d entries: %+v", state.Entries, got)
	}
	for i := range got.Open {
		if got.Open[i].ID != want.Open[i].ID || got.Open[i].State != want.Open[i].State {
			t.Errorf("open %+v, want %+v", got.Open[i], want.Open[i])
		}
	}
}

// TestDrainEnds: with the store away for good, stopping does not hang, and what is lost is counted.
func TestDrainEnds(t *testing.T) {
	s := newServer(t)
	_, js := s.connect(t)
	j, _ := open(t, js, Config{Drain: 200 * time.Millisecond})
	s.kill()
	want := lived(t, 100)
	for _, ev := range want {
		j.events <- ev
	}
	j.finish(t)
	if c := j.Counts(); int(c.Lost) != len(want) || c.Queued != 0 || !c.Away || c.LastError == "" {
		t.Errorf("counts %+v of %d", c, len(want))
	}
}

func TestRefused(t *testing.T) {
	js := startBroker(t)
	ctx := within(t, 20*time.Second)
	for name, cfg := range map[string]Config{
		"name":    {Name: "a.b"},
		"queue":   {Queue: -1},
		"retries": {MinRetry: 2 * time.Second, MaxRetry: time.Second},
		"book":    {Book: alert.BookConfig{Open: -1}},
	} {
		if _, _, err := Open(ctx, js, cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	j, _ := open(t, js, Config{Name: "old"})
	j.finish(t)
	if _, err := js.Publish(ctx, "crackle.journal.old", []byte("damaged")); err != nil {
		t.Fatal(err)
	}
	j, st := open(t, js, Config{Name: "old"}) // one damaged entry does not keep it from starting
	if st.Unreadable != 1 || st.Entries != 1 {
		t.Errorf("state %+v", st)
	}
	j.finish(t)
	if _, err := js.Publish(ctx, "crackle.journal.old", []byte(`{"v":2,"writer":"later","n":1}`)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(ctx, js, Config{Name: "old"}); !errors.Is(err, ErrVersion) {
		t.Errorf("later version: %v", err)
	}
	n := 0
	_, err := Read(ctx, js, "old", time.Time{}, func(uint64, []byte) error { n++; return errStop })
	if n != 1 || !errors.Is(err, errStop) {
		t.Errorf("%d visits, %v", n, err)
	}
	if seq, err := Read(ctx, js, "old", time.Now().Add(time.Hour), func(uint64, []byte) error { t.Error("visited"); return nil }); seq == 0 || err != nil {
		t.Errorf("%d, %v", seq, err)
	}
}
