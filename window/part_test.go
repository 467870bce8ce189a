package window_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"crackle/ingest/block"
	"crackle/window"
)

// script lists windows as a reader would want them.
func script(ws []window.Window) string {
	var s strings.Builder
	for _, w := range ws {
		s.WriteString(describe(w))
		s.WriteByte('\n')
	}
	return s.String()
}

func describe(w window.Window) string {
	var s strings.Builder
	s.WriteString(w.Part + " ")
	s.WriteString(itoa(w.First) + ".." + itoa(w.End))
	for i, n := range []string{"gap", "invalid", "saturated", "bridged", "settling"} {
		if w.Defects&(1<<i) != 0 {
			s.WriteString(" " + n)
		}
	}
	if w.Fresh {
		s.WriteString(" fresh")
	}
	if w.PartEnd {
		s.WriteString(" part-end")
	}
	return s.String()
}

func itoa(v uint64) string {
	var b []byte
	for ; v >= 10; v /= 10 {
		b = append(b, byte('0'+v%10))
	}
	b = append(b, byte('0'+v))
	slices.Reverse(b)
	return string(b)
}

func TestParts(t *testing.T) {
	cfg := window.Config{Channels: []string{"t"}, RateHz: 1e9 / periodNS, Length: 4, Hop: 2, Features: []string{"mean"}, ResetAtPart: true}
	rows := noise(2, 40)
	blk := func(first, n int, part string, flags block.Flags) *block.Block {
		return &block.Block{Run: 1, First: uint64(first), Channels: 1, Part: part, Flags: flags, Samples: rows[first : first+n]}
	}
	in := []*block.Block{
		blk(0, 3, "", 0), // before any part: too short for a window
		blk(3, 0, "P1", block.PartBegin),
		blk(3, 7, "P1", block.PartBegin),
		blk(10, 2, "P1", 0),
		blk(12, 0, "P1", block.PartEnd),
		blk(12, 5, "P2", 0),                             // told by its name only
		blk(17, 4, "P3", block.PartBegin|block.PartEnd), // exactly one window
		blk(30, 4, "P4", 0),                             // after a gap between parts
	}
	const want = `P1 3..7 fresh
P1 5..9
P1 7..11
P1 12..12 part-end
P2 12..16 fresh
P2 17..17 part-end
P3 17..21 fresh
P3 21..21 part-end
P4 30..34 fresh
P4 34..34 part-end
`
	got, counts, err := collect(cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, script(got)); d != "" {
		t.Error(d)
	}
	if counts.Missing != 9 {
		t.Errorf("%d missing, want 9", counts.Missing)
	}
	cfg.ResetAtPart = false
	got, _, err = collect(cfg, in[1:6])
	if err != nil {
		t.Fatal(err)
	}
	const flowing = `P1 3..7 fresh
P1 5..9
P1 7..11
P1 12..12 part-end
P2 9..13
P2 11..15
P2 13..17
P2 17..17 part-end
`
	if d := cmp.Diff(flowing, script(got)); d != "" {
		t.Error(d)
	}
}

func TestBreaks(t *testing.T) {
	cfg := window.Config{Channels: []string{"t"}, RateHz: 1e9 / periodNS, Length: 4, Hop: 2, MaxBridge: 1, Features: []string{"mean"}}
	rows := noise(3, 1000)
	b := blocks(rows, 1, 7, 993)
	got, counts, err := collect(cfg, []*block.Block{b[0], b[2]}) // 986 samples lost
	if err != nil {
		t.Fatal(err)
	}
	const want = ` 0..4 fresh
 2..6
 4..8 gap fresh
 6..10 gap fresh
 990..994 gap fresh
 992..996 gap fresh
 994..998 fresh
 996..1000
`
	if d := cmp.Diff(want, script(got)); d != "" {
		t.Error(d)
	}
	if counts.Missing != 986 || counts.Broken != 986 || counts.Skipped != 491 {
		t.Errorf("counts %+v", counts)
	}
	// A new run is a new stream.
	other := *b[2]
	other.Run, other.First = 8, 0
	got, _, err = collect(cfg, []*block.Block{b[0], &other})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(" 0..4 fresh\n 2..6\n 0..4 fresh\n 2..6\n", script(got)); d != "" {
		t.Error(d)
	}
}
