package ledger

import (
	"bytes"
	"reflect"
	"testing"

	"crackle/detector"
	"crackle/ingest/block"
)

// kept is an account in the middle of a part, with rows that no window has settled.
func kept(t testing.TB) *feed {
	f := newFeed(t)
	f.block(1, 0, 1000, "a", block.PartBegin|block.PartEnd, nil)
	f.block(1, 1100, 105, "b", block.PartBegin, unless(func(i int) bool { return i < 2 }, detector.WarmingUp), 33, 101, 103)
	f.a.Arrived(Arrivals{1, 2, 3, 4})
	f.a.cur.p.Flags |= EndUnseen
	return f
}

// An account that is kept and taken up again goes on as if nothing had been.
func TestKept(t *testing.T) {
	f := kept(t)
	state, err := f.a.AppendBinary([]byte("before"))
	if err != nil || !bytes.HasPrefix(state, []byte("before")) {
		t.Fatalf("%q, %v", state, err)
	}
	g := newFeed(t)
	if err := g.a.UnmarshalBinary(state[len("before"):]); err != nil {
		t.Fatal(err)
	}
	again, err := g.a.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, state[len("before"):]) {
		t.Errorf("kept again: %v\n%x\n%x", err, again, state)
	}
	f.parts = nil
	for _, x := range []*feed{f, g} {
		x.block(1, 1205, 10, "b", 0, nil)
		x.block(1, 1300, 100, "b", block.PartEnd, nil)
	}
	if len(f.parts) != 1 || !reflect.DeepEqual(f.parts, g.parts) {
		t.Errorf("went on differently:\n%+v\n%+v", f.parts, g.parts)
	}
	a, n := f.a.Totals()
	b, m := g.a.Totals()
	if a != b || n != m || a.Pending() != 0 {
		t.Errorf("totals\n%+v\n%+v", a, b)
	}
}

func TestNotKeptBetweenBlockAndSettle(t *testing.T) {
	f := kept(t)
	f.a.Block(&block.Block{Run: 1, First: 1205, Channels: 1, Part: "c", Samples: make([]float32, 3)})
	if _, err := f.a.AppendBinary(nil); err == nil {
		t.Error("kept with a part that is over")
	}
}

// A damaged account is refused, or one that adds up.
func FuzzUnmarshal(f *testing.F) {
	state, err := kept(f).a.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state)
	f.Add(state[:len(state)-1])
	f.Add([]byte{2})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := New(Config{Stream: "s", RateHz: testHz})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.UnmarshalBinary(b); err != nil {
			if _, any := a.Current(); any {
				t.Fatal("an account that was refused has a part")
			}
			return
		}
		if p, any := a.Current(); any && p.Samples.Expected != p.End-p.First {
			t.Fatalf("does not add up: %+v", p)
		}
		a.Block(&block.Block{Run: 1, First: 1 << 40, Channels: 1, Samples: make([]float32, 3)})
		a.Finish(func(Part) {})
	})
}
