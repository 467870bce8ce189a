package hub

import "testing"

// Publishing sits beside the hot path: once a stream is known it allocates nothing.
func TestPublishingAllocatesNothing(t *testing.T) {
	h, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	status := StreamStatus{Name: "s", RateHz: 1000, Channels: []Channel{{"a", "A"}}}
	sc := score("s", 0, 1)
	w := &Wave{Stream: "s", Run: 1, SamplesPerBucket: 4, RateHz: 1000, MinMax: make([]float32, 100)}
	publish := func() {
		h.PublishStream(status)
		h.PublishScore(sc)
		h.PublishWave(w)
		sc.First, sc.End, w.First = sc.First+10, sc.End+10, w.First+200
	}
	publish()
	if n := testing.AllocsPerRun(2000, publish); n != 0 {
		t.Errorf("%v allocations per publication of a status, a score and a wave, want none", n)
	}
}
