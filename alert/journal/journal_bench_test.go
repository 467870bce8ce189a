package journal

import (
	"testing"
	"time"
)

// BenchmarkStore is the rate at which transitions are stored, each flushed to the disk before the next.
func BenchmarkStore(b *testing.B) {
	js := startBroker(b)
	j, _ := open(b, js, Config{Queue: 1 << 20, Timeout: 5 * time.Second})
	evs := lived(b, 400)
	var number uint64
	for b.Loop() {
		number++
		ev := evs[number%uint64(len(evs))]
		ev.Number = number
		j.events <- ev
		for !j.Settled(number) {
			time.Sleep(20 * time.Microsecond)
		}
	}
}
