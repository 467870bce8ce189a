package ingest

import (
	"encoding/binary"
	"testing"
	"time"

	"crackle/ingest/block"
)

// feeder makes a receiver without a connection and hands it messages, as its sources do.
func feeder(t testing.TB, store bool, wire block.SampleType) (r *Receiver, send func(first uint64)) {
	t.Helper()
	r, err := New(nil, Config{Stream: "a", Channels: 2, RateHz: 1000, JetStream: store, Queue: 8})
	if err != nil {
		t.Fatal(err)
	}
	b := &block.Block{Run: 1, RateHz: 1000, Channels: 2, Part: "part", Lot: "lot", Samples: make([]float32, 2*count)}
	for i := range b.Samples {
		b.Samples[i] = float32(i)
	}
	payload, err := block.Append(nil, b, wire)
	if err != nil {
		t.Fatal(err)
	}
	var n uint64
	now := time.Now()
	return r, func(first uint64) {
		n++
		now = now.Add(time.Millisecond)
		binary.LittleEndian.PutUint64(payload[24:], n)
		binary.LittleEndian.PutUint64(payload[32:], first)
		r.accept(payload, nil, place{seq: n, ns: int64(n)}, now)
		r.order.tick(now)
	}
}

const count = 512

func (r *Receiver) empty() {
	for len(r.out) > 0 {
		r.Release(<-r.out)
	}
}

// From payload bytes to the block in the queue nothing is allocated: in order, put in order, and dropped from a full queue.
func TestAcceptAllocatesNothing(t *testing.T) {
	for _, store := range []bool{true, false} {
		r, send := feeder(t, store, block.I16)
		var at uint64
		inOrder := func() {
			send(at)
			at += count
			r.empty()
		}
		swapped := func() {
			send(at + count)
			send(at + 2*count)
			send(at)
			at += 3 * count
			r.empty()
		}
		for i, f := range []func(){inOrder, swapped} {
			for range 50 {
				f()
			}
			if n := testing.AllocsPerRun(200, f); n != 0 {
				t.Errorf("store %v, case %d: %v allocations, want 0", store, i, n)
			}
		}
		if !store {
			full := func() { // 16 blocks into a queue of 8
				for range 16 {
					send(at)
					at += count
				}
			}
			full()
			if n := testing.AllocsPerRun(50, full); n != 0 {
				t.Errorf("full queue: %v allocations, want 0", n)
			}
			if r.Counts().Dropped.Blocks == 0 {
				t.Error("nothing was dropped")
			}
		}
		c := r.Counts()
		if c.Delivered != c.Received || c.Missing != 0 || c.MalformedTotal() != 0 || c.LastEnd != at {
			t.Errorf("counts %+v", c)
		}
	}
}
