package history_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
	"crackle/ingest/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a real server with the signal store.
type store struct {
	t  testing.TB
	js jetstream.JetStream
	nc *nats.Conn
}

func open(t testing.TB) *store {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	b, err := broker.Start(ctx, broker.Config{Dir: t.TempDir(), MaxBytes: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	nc, err := ingest.Connect(ctx, ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broker.EnsureSignals(ctx, js, broker.SignalConfig{MaxBytes: 200 << 20, Async: true}); err != nil {
		t.Fatal(err)
	}
	return &store{t, js, nc}
}

const (
	rate   = 1000.0
	length = 100 // samples of a block: 0.1 s
)

var epoch = time.Date(2013, 7, 1, 8, 0, 0, 0, time.UTC) // far from the store's own time

// at is block i of run 1.
func at(i int) *block.Block {
	b := &block.Block{Run: 1, Seq: uint64(i), First: uint64(i * length), TimeNS: epoch.Add(time.Duration(i) * 100 * time.Millisecond).UnixNano(),
		RateHz: rate, Channels: 1, Samples: make([]float32, length)}
	for k := range b.Samples {
		b.Samples[k] = float32(i*length + k)
	}
	return b
}

func (s *store) put(stream string, blocks ...*block.Block) {
	s.t.Helper()
	for _, b := range blocks {
		data, err := block.Append(nil, b, block.F32)
		if err != nil {
			s.t.Fatal(err)
		}
		s.raw(stream, data)
	}
}

func (s *store) raw(stream string, data []byte) {
	s.t.Helper()
	if _, err := s.js.Publish(context.Background(), block.SubjectPrefix+stream, data); err != nil {
		s.t.Fatal(err)
	}
}

func (s *store) reader(stream string) *history.Reader {
	s.t.Helper()
	r, err := history.Open(s.js, history.Config{Stream: stream, Channels: 1, RateHz: rate})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// firsts collects the first indexes of the blocks of a reading.
func firsts(t interface{ Fatal(...any) }, read func(emit func(*block.Block) error) (history.Counts, error)) ([]uint64, history.Counts) {
	var out []uint64
	n, err := read(func(b *block.Block) error {
		out = append(out, b.First)
		for k, v := range b.Samples {
			if v != float32(int(b.First)+k) {
				t.Fatal("sample", int(b.First)+k, "reads", v)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, n
}

func blocks(from, to int) (out []uint64) {
	for i := from; i < to; i++ {
		out = append(out, uint64(i*length))
	}
	return out
}

// Any stretch by time is exactly the blocks that overlap it, whatever else lies in the store between them.
func TestReadByTimeProperty(t *testing.T) {
	s := open(t)
	for i := range 120 {
		s.put("a.one", at(i))
		if i%3 == 0 {
			s.put("b.two", at(i), at(i+1000))
		}
	}
	r := s.reader("a.one")
	oldest, newest, err := r.Range(t.Context())
	if err != nil || !oldest.Equal(epoch) || !newest.Equal(epoch.Add(12*time.Second)) {
		t.Fatalf("range %v to %v, %v", oldest, newest, err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.IntRange(-2000, 13000).Draw(rt, "from_ms")
		to := from + rapid.IntRange(1, 5000).Draw(rt, "length_ms")
		got, n := firsts(rt, func(emit func(*block.Block) error) (history.Counts, error) {
			return r.Read(t.Context(), epoch.Add(time.Duration(from)*time.Millisecond), epoch.Add(time.Duration(to)*time.Millisecond), emit)
		})
		want := blocks(max(0, int(math.Floor(float64(from)/100))), min(120, int(math.Ceil(float64(to)/100))))
		if to <= 0 || from >= 12000 {
			want = nil
		}
		if !slices.Equal(got, want) || n.Missing != 0 || n.Samples != uint64(length*len(want)) {
			rt.Fatalf("from %d to %d ms: %v, want %v; %+v", from, to, got, want, n)
		}
		if slack := uint64(len(want) + 8); n.Messages > slack {
			rt.Fatalf("%d messages read for %d blocks", n.Messages, len(want))
		}
	})
	all, n := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return r.Read(t.Context(), time.Time{}, time.Time{}, emit)
	})
	if !slices.Equal(all, blocks(0, 120)) || n.Blocks != 120 {
		t.Fatalf("everything: %v, %+v", all, n)
	}
}

// One block dated a day ahead and one dated a day back among good ones: the stretch round them is whole, and they are in their place.
func TestScenarioBlocksWithWrongDatesAreReadInTheirPlace(t *testing.T) {
	s := open(t)
	for i := range 200 {
		b := at(i)
		switch i {
		case 50:
			b.TimeNS += int64(24 * time.Hour)
		case 99, 120:
			b.TimeNS -= int64(24 * time.Hour)
		}
		s.put("a.one", b)
	}
	r := s.reader("a.one")
	for _, c := range [][2]int{{45, 55}, {95, 125}, {0, 200}, {51, 52}, {119, 121}, {60, 70}} {
		got, _ := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
			return r.Read(t.Context(), epoch.Add(time.Duration(c[0])*100*time.Millisecond), epoch.Add(time.Duration(c[1])*100*time.Millisecond), emit)
		})
		if !slices.Equal(got, blocks(c[0], c[1])) {
			t.Errorf("%v: %v", c, got)
		}
	}
}

// What the live receiver counts and puts right is counted and put right again.
func TestReadOrdersAndCounts(t *testing.T) {
	s := open(t)
	s.put("a.one", at(0), at(2), at(1), at(1), at(3))
	s.raw("a.one", []byte("no block"))
	wrong := at(4)
	wrong.RateHz = 2 * rate
	s.put("a.one", wrong, at(6), at(7))
	other := at(0)
	other.Run, other.TimeNS = 2, at(9).TimeNS
	s.put("a.one", other)
	got, n := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return s.reader("a.one").Read(t.Context(), time.Time{}, time.Time{}, emit)
	})
	if want := append(append(blocks(0, 4), 600, 700), 0); !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	want := history.Counts{Messages: 10, Bytes: n.Bytes, Blocks: 7, Samples: 700, Missing: 200, Gaps: 1, Duplicated: 100, Malformed: 2, Runs: 2}
	if n != want || n.Bytes == 0 {
		t.Errorf("counts %+v, want %+v", n, want)
	}
}

// What is kept begins with a run whose first blocks came out of order: they are read in their order.
func TestReadFromARunsShuffledBeginning(t *testing.T) {
	s := open(t)
	s.put("a.one", at(2), at(0), at(1), at(3))
	got, n := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return s.reader("a.one").Read(t.Context(), epoch, epoch.Add(time.Second), emit)
	})
	if !slices.Equal(got, blocks(0, 4)) || n.Late+n.Duplicated+n.Missing != 0 {
		t.Errorf("%v, %+v", got, n)
	}
}

func TestReadRun(t *testing.T) {
	s := open(t)
	for i := range 50 {
		s.put("a.one", at(i))
	}
	for i := range 50 { // the same place in time, by another publisher
		b := at(i)
		b.Run = 2
		b.TimeNS += int64(10 * time.Second)
		s.put("a.one", b)
	}
	r := s.reader("a.one")
	for _, near := range []time.Time{{}, epoch.Add(12 * time.Second)} {
		got, n := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
			return r.ReadRun(t.Context(), 2, 1950, 2400, near, time.Second, emit)
		})
		if !slices.Equal(got, blocks(19, 24)) || n.Samples != 500 {
			t.Errorf("near %v: %v, %+v", near, got, n)
		}
	}
	if got, _ := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return r.ReadRun(t.Context(), 3, 0, 1<<40, time.Time{}, 0, emit)
	}); got != nil {
		t.Errorf("of a run that is not there: %v", got)
	}
}

func TestReadAfter(t *testing.T) {
	s := open(t)
	for i := range 30 {
		s.put("a.one", at(i))
	}
	r := s.reader("a.one")
	var at uint64
	if _, err := r.Read(t.Context(), time.Time{}, time.Time{}, func(b *block.Block) error {
		if b.First == 1000 {
			at = b.StoreSeq
			return history.ErrStop
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, _ := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return r.ReadAfter(t.Context(), at, 0, emit)
	})
	if !slices.Equal(got, blocks(11, 30)) {
		t.Errorf("after message %d: %v", at, got)
	}
	got, _ = firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return r.ReadAfter(t.Context(), at, at+3, emit)
	})
	if !slices.Equal(got, blocks(11, 14)) {
		t.Errorf("after message %d up to 3 more: %v", at, got)
	}
}

func TestReadEndsEarly(t *testing.T) {
	s := open(t)
	for i := range 30 {
		s.put("a.one", at(i))
	}
	r := s.reader("a.one")
	calls := 0
	n, err := r.Read(t.Context(), time.Time{}, time.Time{}, func(*block.Block) error {
		if calls++; calls == 3 {
			return history.ErrStop
		}
		return nil
	})
	if err != nil || !n.Stopped || calls != 3 || n.Messages > 4 {
		t.Errorf("stopped: %+v, %v after %d calls", n, err, calls)
	}
	broken := errors.New("broken")
	if _, err := r.Read(t.Context(), time.Time{}, time.Time{}, func(*block.Block) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := r.Read(ctx, time.Time{}, time.Time{}, func(*block.Block) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, _, err := s.reader("b.two").Range(t.Context()); !errors.Is(err, history.ErrEmpty) {
		t.Errorf("range of an empty stream: %v", err)
	}
	if _, err := s.reader("b.two").Read(t.Context(), epoch, time.Time{}, func(*block.Block) error { return nil }); !errors.Is(err, history.ErrEmpty) {
		t.Errorf("an empty stream: %v", err)
	}
	if _, err := history.Open(s.js, history.Config{Stream: "a one", Channels: 1, RateHz: rate}); err == nil {
		t.Error("a stream of that name was taken")
	}
}

// A consumer that served a reading is gone soon, and any number of readings go on at once.
func TestReadsAtOnce(t *testing.T) {
	s := open(t)
	for i := range 30 {
		s.put("a.one", at(i))
	}
	r := s.reader("a.one")
	done := make(chan uint64)
	for range 8 {
		go func() {
			n, err := r.Read(t.Context(), epoch.Add(time.Second), epoch.Add(2*time.Second), func(*block.Block) error { return nil })
			if err != nil {
				t.Error(err)
			}
			done <- n.Blocks
		}()
	}
	for range 8 {
		if n := <-done; n != 10 {
			t.Errorf("%d blocks", n)
		}
	}
}

// Part marks at the borders of a stretch belong to it.
func TestReadTakesPartMarks(t *testing.T) {
	s := open(t)
	mark := func(i int, f block.Flags) *block.Block {
		b := at(i)
		b.Samples, b.Flags, b.Part = nil, f, "p1"
		b.Seq += 1000
		return b
	}
	s.put("a.one", mark(0, block.PartBegin), at(0), at(1), mark(2, block.PartEnd), at(2))
	got, n := firsts(t, func(emit func(*block.Block) error) (history.Counts, error) {
		return s.reader("a.one").Read(t.Context(), epoch, epoch.Add(300*time.Millisecond), emit)
	})
	if !slices.Equal(got, []uint64{0, 0, 100, 200, 200}) || n.Blocks != 5 {
		t.Errorf("%v, %+v", got, n)
	}
}
