package window_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"crackle/window"
)

// A conditioner that takes up the state of another sends the windows that the other would have sent.
func TestStateSavedAndRestored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		blocks := drawSpoiled(t).blocks(t, "cuts")
		want, wantCounts, err := collect(cfg, blocks)
		if err != nil {
			t.Fatal(err)
		}
		c, err := window.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var got []window.Window
		emit := func(w *window.Window) {
			v := *w
			v.Features = append([]float32(nil), w.Features...)
			got = append(got, v)
		}
		at := rapid.IntRange(0, len(blocks)).Draw(t, "restart")
		var saved []byte
		for i, b := range blocks {
			if i == at {
				saved = c.AppendState(nil)
				if c, err = window.New(cfg); err != nil {
					t.Fatal(err)
				}
				if err := c.RestoreState(saved); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Push(b, emit); err != nil {
				t.Fatal(err)
			}
		}
		c.End(emit)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("windows differ after a restart:\n%s", d)
		}
		if d := cmp.Diff(wantCounts, c.Counts()); d != "" {
			t.Fatalf("counts differ after a restart:\n%s", d)
		}
		if len(saved) == 0 {
			return
		}
		damaged := slices.Clone(saved)
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			damaged[rapid.IntRange(9, len(damaged)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		_ = c.RestoreState(damaged) // refused or not, the stream goes on
		for _, b := range blocks {
			if err := c.Push(b, func(*window.Window) {}); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.RestoreState(saved[:rapid.IntRange(0, len(saved)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("a state cut short was taken up")
		}
	})
}

func TestStateOfAnotherConfiguration(t *testing.T) {
	a, err := window.New(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.Hop++
	b, err := window.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.RestoreState(a.AppendState(nil)); err == nil || !strings.Contains(err.Error(), "another configuration") {
		t.Errorf("got %v", err)
	}
}
