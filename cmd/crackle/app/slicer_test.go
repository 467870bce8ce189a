package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
)

// sliced gives the parts that a chain makes of a signal of n samples at 1 kHz in blocks of the given sizes, without those from lost to found.
func sliced(t *testing.T, size func() int, n int, lost, found uint64) (out []ledger.Part) {
	t.Helper()
	cfg := parse(t, t.TempDir(), join(base, meterStream("m", "part_seconds = 2\npart_resets = false", "")))
	s := cfg.Streams["m"]
	c, err := app.NewChain(&s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	c.OnPart(func(p ledger.Part) { out = append(out, p) })
	whole := tone(n, timeOfParts, "")
	whole.Run = 5
	for _, b := range cut(whole, size) {
		if b.First < found && b.End() > lost {
			continue
		}
		if err := c.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	c.End()
	return out
}

var timeOfParts = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// Parts by time are the same however the signal is cut into blocks, have their beginning and end to the sample, and share out what is missing.
func TestPartsByTime(t *testing.T) {
	t.Parallel()
	for name, size := range sizes() {
		parts := sliced(t, size, 7000, 0, 0)
		if len(parts) != 4 {
			t.Fatalf("blocks of %s: %d parts", name, len(parts))
		}
		for i, p := range parts {
			first := uint64(2000 * i)
			if p.Part != fmt.Sprintf("slice-%06d", i) || p.First != first || p.End != min(7000, first+2000) || p.Samples.Missing != 0 || p.Flags != 0 && i < 3 ||
				!p.From.Equal(timeOfParts.Add(time.Duration(2*i)*time.Second)) {
				t.Errorf("blocks of %s: part %+v", name, p)
			}
		}
	}
	parts := sliced(t, func() int { return 100 }, 14_000, 3500, 9300) // over three borders
	var text strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&text, "%s %d-%d missing %d; ", p.Part, p.First, p.End, p.Samples.Missing)
		if p.Flags&(ledger.BeginUnseen|ledger.EndUnseen) != 0 {
			t.Errorf("%s: %v", p.Part, p.Flags.Words())
		}
	}
	want := "slice-000000 0-2000 missing 0; slice-000001 2000-4000 missing 500; slice-000004 8000-10000 missing 1300; slice-000005 10000-12000 missing 0; slice-000006 12000-14000 missing 0; "
	if text.String() != want {
		t.Errorf("parts\n%s, want\n%s", text.String(), want)
	}
}

// A publisher's own part is left alone.
func TestPartsOfThePublisherStand(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, meterStream("m", "part_seconds = 1", "")))
	s := cfg.Streams["m"]
	var names []string
	c, err := app.NewChain(&s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	c.OnPart(func(p ledger.Part) { names = append(names, p.Part) })
	b := tone(5000, timeOfParts, "own")
	b.Run, b.Flags = 5, block.PartBegin|block.PartEnd
	if err := c.Push(b); err != nil {
		t.Fatal(err)
	}
	if len(names) != 1 || names[0] != "own" {
		t.Errorf("parts %q", names)
	}
}

// An alarm that goes on over parts counts for each of them, live.
func TestAlarmOverPartsByTime(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "part_seconds = 1\npart_resets = false")))
	m := cfg.Streams["motor"]
	if err := app.SaveModel(app.ModelPath(cfg, &m), teach(t, &m, asBlock(&motor(t)[0], 1), asBlock(&motor(t)[1], 2))); err != nil {
		t.Fatal(err)
	}
	w := start(t, cfg)
	p := w.publisher("motor")
	for _, r := range []string{"good", "good", "bad", "bad", "bad", "good", "good", "good"} {
		whole := asBlock(healthy(t), 0)
		if r == "bad" {
			whole = asBlock(faulty(t), 0)
		}
		whole.Part, whole.Flags = "", 0
		for _, b := range cut(whole, func() int { return 70 }) {
			b.Run, b.First = 0, 0
			publish(t, p, b)
		}
	}
	flush(t, p)
	eventually(t, "eight parts", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.parts) == 8 })
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, part := range w.parts {
		if alarmed := i >= 2 && i <= 4; (part.Verdict == detector.Alarm) != alarmed && i != 5 { // the first windows of part 5 reach into part 4
			t.Errorf("%s is %s: %v", part.Part, part.Verdict, part.Reasons)
		}
	}
	raised := 0
	for _, ev := range w.alarms {
		if ev.Change == alert.Raised && ev.Alarm.Kind == alert.KindScore {
			raised++
		}
	}
	if raised != 1 {
		t.Errorf("%d alarms, want one over all the parts", raised)
	}
}
