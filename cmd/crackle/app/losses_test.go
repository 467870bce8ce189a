package app

import (
	"testing"

	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
)

// A part that was under way when the monitor heard its first block is never ok; one that is seen from its beginning may be.
func TestPartUnderWayAtTheStart(t *testing.T) {
	rows := func(first uint64, part string, flags block.Flags) *block.Block {
		return &block.Block{Run: 1, First: first, Channels: 1, Part: part, Flags: flags, Samples: make([]float32, 100)}
	}
	for _, tc := range []struct {
		name  string
		first *block.Block
		cut   bool
	}{
		{"from the start of the run", rows(0, "a", 0), false},
		{"at its mark", rows(500, "a", block.PartBegin), false},
		{"in its middle", rows(500, "a", 0), true},
		{"a stream without parts", rows(500, "", 0), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := losses{hop: 50}
			l.heard(tc.first)
			p := ledger.Part{Windows: 10, Scored: 10}
			l.book(&p, 0)
			if p.Cut != tc.cut || (p.Verdict(ledger.DefaultCoverage) == detector.OK) == tc.cut {
				t.Errorf("cut %v, verdict %v", p.Cut, p.Verdict(ledger.DefaultCoverage))
			}
			l.heard(rows(tc.first.End(), "b", 0))
			p = ledger.Part{Windows: 10, Scored: 10}
			l.book(&p, 0)
			if p.Cut {
				t.Error("the part after it is called cut")
			}
		})
	}
}
