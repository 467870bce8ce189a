package member_test

import (
	"math"
	"testing"

	"crackle/detector/member"
)

// A watch that is stopped anywhere, in an episode too, and goes on from its state says the same as one that was not stopped.
func TestWatchGoesOnFromItsState(t *testing.T) {
	rows, run := quiet(400, 1), quiet(900, 2)
	for i := 300; i < 500; i++ {
		run[i][0] += 5
	}
	fresh := func() *member.Watch {
		w, err := member.NewWatch(member.WatchConfig{}, rows)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	whole := fresh()
	for _, stop := range []int{0, 17, 299, 320, 505, 700} {
		whole.Reset()
		var want []member.Seen
		var state []byte
		for i, r := range run {
			if i == stop {
				var err error
				if state, err = whole.MarshalBinary(); err != nil {
					t.Fatal(err)
				}
			}
			want = append(want, whole.Step(r))
		}
		other := fresh()
		other.Step(run[600]) // a past of its own, to be overwritten
		if err := other.UnmarshalBinary(state); err != nil {
			t.Fatal(err)
		}
		for i, r := range run[stop:] {
			if got := other.Step(r); got != want[stop+i] && !math.IsNaN(got.Score) {
				t.Fatalf("stopped at %d, row %d: %+v, expected %+v", stop, stop+i, got, want[stop+i])
			}
		}
	}
}

func TestBadStatesAreRefused(t *testing.T) {
	w, err := member.NewWatch(member.WatchConfig{}, quiet(400, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range quiet(100, 2) {
		w.Step(r)
	}
	state, err := w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(state) {
		if w.UnmarshalBinary(state[:n]) == nil {
			t.Fatalf("%d of %d bytes were taken", n, len(state))
		}
	}
	wrong := append([]byte(nil), state...)
	wrong[8] = 9 // channels
	if w.UnmarshalBinary(wrong) == nil {
		t.Error("the state of another member was taken")
	}
	if w.UnmarshalBinary(append(state, 0)) == nil {
		t.Error("a state with more behind it was taken")
	}
}
