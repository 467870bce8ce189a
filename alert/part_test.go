package alert

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestEndPart holds that the answer comes after every score before it, and tells parts and runs apart.
func TestEndPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := quick
		rules.PerPart = true
		m, _, done := running(t, Config{Book: BookConfig{Default: rules}})
		ask := func(run uint64, part string) bool {
			t.Helper()
			at := map[string]uint64{"good": 0, "bad": 100, "good again": 200}[part]
			alarmed, err := m.EndPart(t.Context(), run, PartEnd{Stream: "s", Part: part, First: at, End: at + 100})
			if err != nil {
				t.Fatal(err)
			}
			return alarmed
		}
		for i, part := range []string{"good", "bad", "good again"} {
			s := window(i, part == "bad")
			s.Part = part
			put(t, m, s)
			if got := ask(7, part); got != (part == "bad") {
				t.Errorf("part %q: alarmed %v", part, got)
			}
		}
		if ask(8, "bad") || !ask(7, "bad") {
			t.Error("a part of another run is taken for this one, or the part is forgotten")
		}
		open := m.Snapshot().Open
		if len(open) != 1 || open[0].State != Returned || open[0].ClearReason != ClearedPart {
			t.Fatalf("%+v", open)
		}
		if err := m.Acknowledge(t.Context(), Acknowledgement{ID: open[0].ID, By: "ines"}); err != nil || !ask(7, "bad") {
			t.Errorf("after the answer: %v", err)
		}
		if _, err := m.EndPart(t.Context(), 7, PartEnd{Stream: "never", Part: "p"}); !errors.Is(err, ErrInput) {
			t.Errorf("unknown stream: %v", err)
		}
		m.Drain()
		<-done
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.EndPart(ctx, 7, PartEnd{Stream: "s"}); !errors.Is(err, ErrStopped) {
			t.Errorf("stopped: %v", err)
		}
	})
}

// TestEndPartInAnEpisode holds that an alarm counts for every part that it reaches into, and for no other part of the same name.
func TestEndPartInAnEpisode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := quick // parts do not end episodes
		rules.Clear = 2
		m, _, done := running(t, Config{Book: BookConfig{Default: rules}})
		var got []bool
		for i, above := range []bool{false, true, true, true, false, false, false, true} {
			s := window(i, above)
			s.Part = []string{"a", "b", "c", "d", "e", "f", "b", "g"}[i]
			put(t, m, s)
			alarmed, err := m.EndPart(t.Context(), 7, PartEnd{Stream: "s", Part: s.Part, First: s.First, End: s.End})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, alarmed)
		}
		if want := []bool{false, true, true, true, false, false, false, true}; !slices.Equal(got, want) {
			t.Errorf("alarmed %v, want %v", got, want)
		}
		m.Drain()
		<-done
	})
}
