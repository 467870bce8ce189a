package detector

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"crackle/window"
)

// text tells scores apart to the bit, NaN included.
func text(s Score) string {
	return fmt.Sprintf("%x %x %v %v %v %v %+v", math.Float64bits(s.Value), math.Float64bits(s.Limit), s.Verdict, s.Reason, s.Member, s.Regime, s.Top)
}

// A detector that is stopped anywhere and goes on from its state in another one scores to the same bits as one that was not stopped.
func TestDetectorGoesOnFromItsState(t *testing.T) {
	m := taught(t)
	rapid.Check(t, func(t *rapid.T) {
		rows := signal(rapid.Uint64Range(0, 50).Draw(t, "seed"), 1, 60).sequences[0].Rows
		var windows []window.Window
		for i, r := range rows {
			w := window.Window{Fresh: i == 0, Features: r}
			switch rapid.IntRange(0, 30).Draw(t, "kind") {
			case 0:
				w.Defects = window.Gap
			case 1:
				w.Features = []float32{float32(math.NaN()), 1}
			case 2, 3, 4:
				if i > 0 {
					w.Features = rows[i-1] // perhaps the fourth the same
				}
			case 5:
				w.Fresh = true
			case 6:
				w.Features = []float32{r[0] + 50, r[1]}
			}
			windows = append(windows, w)
		}
		stop := rapid.IntRange(0, len(windows)-1).Draw(t, "stop")
		whole, err := New(Config{Stream: "s", Model: m})
		if err != nil {
			t.Fatal(err)
		}
		var s Score
		for i := range windows[:stop] {
			whole.Score(&s, &windows[i])
		}
		other, err := New(Config{Stream: "s", Model: m})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 20).Draw(t, "past") { // of its own, to be overwritten
			other.Score(&s, &windows[7])
		}
		if err := other.RestoreState(whole.AppendState(nil)); err != nil {
			t.Fatal(err)
		}
		for i := stop; i < len(windows); i++ {
			var a, b Score
			whole.Score(&a, &windows[i])
			other.Score(&b, &windows[i])
			if text(a) != text(b) {
				t.Fatalf("stopped at %d, window %d: %s\nrestored: %s", stop, i, text(a), text(b))
			}
		}
		if x, y := whole.AppendState(nil), other.AppendState(nil); string(x) != string(y) {
			t.Fatal("the states differ at the end")
		}
	})
}

// What is not a state of this model is refused, and the detector stays as it was.
func TestBadStatesAreRefused(t *testing.T) {
	m := taught(t)
	d, err := New(Config{Stream: "s", Model: m})
	if err != nil {
		t.Fatal(err)
	}
	var s Score
	for i, r := range signal(3, 1, 40).sequences[0].Rows {
		d.Score(&s, &window.Window{Fresh: i == 0, Features: r})
	}
	good := d.AppendState([]byte("before"))[len("before"):]
	refused := func(what string, b []byte) {
		t.Helper()
		if err := d.RestoreState(b); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v", what, err)
		}
		if string(d.AppendState(nil)) != string(good) {
			t.Fatalf("%s: the detector has changed", what)
		}
	}
	t.Logf("%d bytes", len(good))
	for n := 0; n < len(good); n += 1 + n/20 {
		refused(fmt.Sprintf("%d of %d bytes", n, len(good)), good[:n])
	}
	refused("one byte more", append(append([]byte(nil), good...), 0))
	for name, at := range map[string]int{"magic": 0, "version": 4, "model": 9, "features": 20} {
		bad := append([]byte(nil), good...)
		bad[at]++
		refused("another "+name, bad)
	}
}
