package health

import (
	"testing"
	"time"
)

func TestStepAllocatesNothing(t *testing.T) {
	w, err := New(Config{Start: start}, []Stream{{Name: "a"}, {Name: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	now := start
	obs := []Observation{{Stream: "a"}, {Stream: "b"}}
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Second)
		obs[0].Last, obs[1].Last = now, now
		if found := w.Step(nil, &Monitor{Connection: Connection{Up: true}}, obs, now); found != nil {
			t.Fatal(found)
		}
	}); n != 0 {
		t.Errorf("a step that finds nothing allocates %g times", n)
	}
}
