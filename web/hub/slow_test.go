package hub

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

func counter(t *testing.T, m prometheus.Metric) float64 {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue() + out.GetGauge().GetValue()
}

// feed publishes eight streams at 50 Hz until stop is closed, and returns the longest that one publication took.
func feed(h *Hub, stop <-chan struct{}) (longest time.Duration) {
	mm := make([]float32, 2*50)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return longest
		case <-time.After(20 * time.Millisecond):
		}
		for s := range 8 {
			name := fmt.Sprintf("s%d", s)
			for k := range mm {
				mm[k] = float32(math.Sin(float64(i*50+k) / 9))
			}
			began := time.Now()
			h.PublishScore(score(name, i, float64(i%7)))
			h.PublishWave(&Wave{Stream: name, Run: 1, First: uint64(i * 50), SamplesPerBucket: 1, RateHz: 2500, MinMax: mm})
			longest = max(longest, time.Since(began))
		}
	}
}

// 200 windows, 50 of which never read: the others get every update in order, publishing is never held up, and the 50 are cut and told
// why.
func TestWindowsThatNeverReadDisturbNobody(t *testing.T) {
	h, url, _ := start(t, Config{StallAfter: 2500 * time.Millisecond})
	for s := range 8 {
		h.PublishStream(StreamStatus{Name: fmt.Sprintf("s%d", s), RateHz: 2500})
	}
	stop := make(chan struct{})
	var longest time.Duration
	var fed sync.WaitGroup
	fed.Go(func() { longest = feed(h, stop) })

	deaf := make([]*websocket.Conn, 50)
	for i := range deaf {
		deaf[i] = dial(t, url)
	}
	over := make(chan struct{})
	var readers sync.WaitGroup
	for range 150 {
		c := dial(t, url)
		readers.Go(func() {
			last := uint64(0)
			for running(over) {
				kind, data, err := c.ReadMessage()
				if err != nil {
					t.Errorf("a window that reads was disturbed: %v", err)
					return
				}
				if kind != websocket.TextMessage {
					continue
				}
				var seq uint64
				head := string(data[:min(60, len(data))])
				if _, err := fmt.Sscanf(head[strings.Index(head, `"seq":`):], `"seq":%d`, &seq); err != nil || (last > 0 && seq != last+1) {
					t.Errorf("after update %d came %.60s (%v)", last, data, err)
					return
				}
				last = seq
			}
		})
	}
	for end := time.Now().Add(2 * time.Minute); counter(t, h.metrics.cut) < 50 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	for i, c := range deaf {
		c.SetReadDeadline(time.Now().Add(time.Minute))
		for {
			_, _, err := c.ReadMessage()
			if err == nil {
				continue
			}
			var closed *websocket.CloseError
			if !errors.As(err, &closed) || closed.Code != websocket.ClosePolicyViolation || !strings.Contains(closed.Text, "nothing was read") {
				t.Errorf("window %d that never read ended with %v, want code 1008 and the reason", i, err)
			}
			break
		}
	}
	got := counter(t, h.metrics.cut)
	close(over)
	readers.Wait()
	close(stop)
	fed.Wait()
	if got != 50 {
		t.Errorf("%v windows were cut, want 50", got)
	}
	if longest > 200*time.Millisecond {
		t.Errorf("one publication took %v, though it must not wait for windows", longest)
	}
	t.Logf("longest publication %v", longest)
}

func running(over <-chan struct{}) bool {
	select {
	case <-over:
		return false
	default:
		return true
	}
}

// A window that falls behind and then reads again is brought to the newest state by a snapshot, not through its backlog.
func TestNewestStateWinsOverABacklog(t *testing.T) {
	h, url, _ := start(t, Config{Tick: 2 * time.Millisecond, Queue: 4, Allowance: 4 << 10, StallAfter: 20 * time.Second})
	h.PublishStream(StreamStatus{Name: "s0", RateHz: 2500})
	c := dial(t, url)
	next(t, c)
	mm := make([]float32, 2*400)
	for i := 0; counter(t, h.metrics.lagged) == 0; i++ {
		h.PublishWave(&Wave{Stream: "s0", Run: 1, First: uint64(400 * i), SamplesPerBucket: 1, RateHz: 2500, MinMax: mm})
		time.Sleep(2 * time.Millisecond)
		if i > 2000 {
			t.Fatal("a window that does not read never lagged")
		}
	}
	h.PublishStream(StreamStatus{Name: "s0", RateHz: 2500, Part: "the newest"})
	m := until(t, c, "a snapshot", func(m message) bool { return m.Type == "snapshot" })
	if m.Streams[0]["part"] != "the newest" {
		t.Errorf("the snapshot after a backlog holds %v", m.Streams)
	}
	if after := until(t, c, "an update", func(m message) bool { return m.Type == "update" }); after.Seq <= m.Seq {
		t.Errorf("update %d follows snapshot %d", after.Seq, m.Seq)
	}
}
