package app_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
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

// A monitor is killed the hard way, again and again under load. What all of them scored together is every window of a run without a break, to the
// bit; no transition is journalled twice and none is missing; every part's account adds up to the sample and its verdict is the same.
func TestScenarioKilledUnderLoad(t *testing.T) {
	t.Parallel()
	srv, dir := startServer(t), t.TempDir()
	path, cfg := srv.write(t, dir, motorStream("motor", ""))
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	blocks := production(t, 24)
	want, parts := undisturbed(t, &s, blocks)

	nc := srv.dial(t)
	m := startMonitor(t, path) // the stream is seen from here on
	sent := make(chan error, 1)
	pub := publisher(t, nc, "motor", true)
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
		m = startMonitor(t, path)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	m.wait("the last part's end", func(l said) bool { return l.Part != nil && l.Part.Part == "part-23" })
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

	list := journalOf(t, nc)
	var changes []string
	for _, e := range list {
		if e.Event != nil && e.Event.Alarm.Kind == alert.KindScore {
			changes = append(changes, e.Event.ID)
		}
	}
	if n := len(changes); n != 16 || len(slices.Compact(slices.Sorted(slices.Values(changes)))) != n {
		t.Errorf("%d transitions: %s; want 16, each once", n, strings.Join(changes, " "))
	}

	kept, err := app.Parts(within(t, 20*time.Second), nc, app.PartQuery{Stream: "motor"})
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
