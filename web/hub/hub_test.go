package hub

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"crackle/alert"
	"crackle/detector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a hub behind a real HTTP server until the test ends.
func start(t *testing.T, cfg Config) (h *Hub, url string, stop func()) {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	srv := httptest.NewServer(h)
	stop = func() { cancel(); <-ended }
	t.Cleanup(func() { stop(); srv.Close() })
	<-h.started
	return h, "ws" + strings.TrimPrefix(srv.URL, "http"), stop
}

func dial(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c
}

// message is a text frame as a client sees it, or the records of a binary one.
type message struct {
	Type    string                  `json:"type"`
	Epoch   string                  `json:"epoch"`
	Seq     uint64                  `json:"seq"`
	Streams []map[string]any        `json:"streams"`
	Scores  map[string][][]*float64 `json:"scores"`
	Marks   map[string][][]any      `json:"marks"`
	Alarms  []map[string]any        `json:"alarms"`
	waves   uint32
	buckets int
	of      []uint32 // streams of the waves
}

func next(t *testing.T, c *websocket.Conn) message {
	t.Helper()
	kind, data, err := c.ReadMessage()
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	var m message
	if kind == websocket.BinaryMessage {
		if string(data[:4]) != waveMagic {
			t.Fatalf("binary frame begins with %q", data[:4])
		}
		m.waves = binary.LittleEndian.Uint32(data[4:])
		at := waveHead
		for range m.waves {
			n := int(binary.LittleEndian.Uint32(data[at+8:]))
			m.buckets += n
			m.of = append(m.of, binary.LittleEndian.Uint32(data[at:]))
			at += waveRecordHead + 8*n
		}
		if at != len(data) {
			t.Fatalf("binary frame of %d bytes, its records end at %d", len(data), at)
		}
		return m
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatalf("frame %s: %v", data, err)
	}
	return m
}

// until reads frames until one satisfies want.
func until(t *testing.T, c *websocket.Conn, what string, want func(message) bool) message {
	t.Helper()
	for range 1000 {
		if m := next(t, c); want(m) {
			return m
		}
	}
	t.Fatalf("1000 frames went by without %s", what)
	panic("unreachable")
}

func score(stream string, i int, value float64) *detector.Score {
	return &detector.Score{Stream: stream, Run: 1, First: uint64(10 * i), End: uint64(10*i + 10), TimeNS: int64(i) * 1e8, Value: value, Limit: 4, Verdict: detector.OK, Part: "p1"}
}

func TestSnapshotThenUpdates(t *testing.T) {
	h, url, _ := start(t, Config{Tick: 5 * time.Millisecond})
	h.PublishStream(StreamStatus{Name: "motor", Title: "Motor", RateHz: 100, Channels: []Channel{{"a", "A"}}})
	h.PublishStream(StreamStatus{Name: "late", Title: "Never heard"})
	h.PublishScore(score("motor", 0, math.NaN()))
	h.PublishWave(&Wave{Stream: "motor", Run: 1, SamplesPerBucket: 2, RateHz: 100, MinMax: []float32{-1, 1, float32(math.NaN()), 2}})
	h.PublishScore(&detector.Score{Stream: "motor", Run: 1, First: 10, End: 10, Value: math.NaN(), PartEnd: true}) // closes a part, is no point
	h.PublishAlarm(alert.Alarm{ID: "A1", Stream: "motor", State: alert.Unacknowledged, Score: math.NaN()})

	c := dial(t, url)
	first := next(t, c)
	if first.Type != "snapshot" || first.Epoch == "" {
		t.Fatalf("the first frame is %+v, want a snapshot", first)
	}
	// What was published may come with the snapshot or with the update after it.
	var motor, alarms, buckets, scores = first.Streams, first.Alarms, 0, first.Scores["0"]
	for len(motor) < 2 || len(alarms) < 1 || len(scores) < 1 || buckets < 2 {
		m := next(t, c)
		motor, alarms, buckets = append(motor, m.Streams...), append(alarms, m.Alarms...), buckets+m.buckets
		scores = append(scores, m.Scores["0"]...)
	}
	if motor[0]["title"] != "Motor" || motor[0]["id"] != 0.0 || motor[1]["id"] != 1.0 || alarms[0]["score"] != nil || scores[0][2] != nil {
		t.Errorf("streams %v, alarms %v, scores %v", motor, alarms, scores)
	}
	h.PublishScore(score("motor", 1, 7.5))
	m := until(t, c, "the second score", func(m message) bool { return len(m.Scores["0"]) > 0 })
	if p := m.Scores["0"][0]; m.Type != "update" || *p[2] != 7.5 || *p[3] != 4 {
		t.Errorf("second score came as %+v", m)
	}
	h.PublishAlarm(alert.Alarm{ID: "A1", Stream: "motor", State: alert.Acknowledged, AckBy: "Ann"})
	m = until(t, c, "the acknowledgement", func(m message) bool { return len(m.Alarms) > 0 })
	if m.Alarms[0]["ack_by"] != "Ann" {
		t.Errorf("the alarm came as %v", m.Alarms[0])
	}

	second := dial(t, url)
	again := until(t, second, "a snapshot", func(m message) bool { return m.Type == "snapshot" })
	if len(again.Streams) != 2 || len(again.Scores["0"]) != 2 || len(again.Alarms) != 1 || len(again.Marks["0"]) != 1 {
		t.Errorf("a second window's snapshot holds %+v", again)
	}
	if m := next(t, second); m.buckets != 2 {
		t.Errorf("a second window's first waves hold %d buckets, want the 2 that are recent", m.buckets)
	}
}

func TestSilenceIsBrokenEverySecond(t *testing.T) {
	_, url, _ := start(t, Config{Tick: 5 * time.Millisecond})
	c := dial(t, url)
	a := until(t, c, "an update", func(m message) bool { return m.Type == "update" })
	began := time.Now()
	b := next(t, c)
	if b.Type != "update" || b.Seq != a.Seq+1 || time.Since(began) > 3*time.Second {
		t.Errorf("after update %d came %+v, %v later; want an empty update within about a second", a.Seq, b, time.Since(began))
	}
}

func TestResumeBringsOnlyWhatWasMissed(t *testing.T) {
	h, url, _ := start(t, Config{Tick: 5 * time.Millisecond})
	h.PublishStream(StreamStatus{Name: "s", RateHz: 100})
	h.PublishScore(score("s", 0, 1))
	c := dial(t, url)
	snap := next(t, c)
	seq, seen := snap.Seq, len(snap.Scores["0"])
	for seen < 1 {
		m := next(t, c)
		seq, seen = max(seq, m.Seq), seen+len(m.Scores["0"])
	}
	c.Close()
	h.PublishScore(score("s", 1, 2))
	h.PublishScore(score("s", 2, 3))
	time.Sleep(50 * time.Millisecond) // several ticks pass while nobody listens

	back := dial(t, fmt.Sprintf("%s?epoch=%s&since=%d", url, snap.Epoch, seq))
	m := next(t, back)
	if m.Type != "resume" || len(m.Scores["0"]) != 2 || *m.Scores["0"][0][2] != 2 || len(m.Streams) != 1 {
		t.Errorf("came back with %+v, want a resume with the two scores missed", m)
	}
	for _, query := range []string{"?epoch=other&since=1", "?epoch=" + snap.Epoch + "&since=99999999", "?epoch=" + snap.Epoch + "&since=x"} {
		if m := next(t, dial(t, url+query)); m.Type != "snapshot" || len(m.Scores["0"]) != 3 {
			t.Errorf("%s: came back with %+v, want a snapshot of three scores", query, m)
		}
	}
}

func TestUnknownStreamAndBadWaveAreCounted(t *testing.T) {
	h, _, _ := start(t, Config{})
	h.PublishScore(score("ghost", 0, 1))
	h.PublishStream(StreamStatus{Name: "s", RateHz: 100})
	for _, w := range []Wave{
		{Stream: "s", SamplesPerBucket: 0, RateHz: 1, MinMax: []float32{0, 1}},
		{Stream: "s", SamplesPerBucket: 1, RateHz: math.NaN(), MinMax: []float32{0, 1}},
		{Stream: "s", Channel: -1, SamplesPerBucket: 1, RateHz: 1, MinMax: []float32{0, 1}},
	} {
		h.PublishWave(&w)
	}
	if u, b := counter(t, h.metrics.unknown), counter(t, h.metrics.badWave); u != 1 || b != 3 {
		t.Errorf("unknown %v, bad waves %v; want 1, 3", u, b)
	}
}

func TestStopSaysGoodbye(t *testing.T) {
	_, url, stop := start(t, Config{Tick: 5 * time.Millisecond})
	c := dial(t, url)
	next(t, c)
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	expectClose(t, c, websocket.CloseGoingAway, "stopping")
	<-stopped
	if _, r, err := websocket.DefaultDialer.Dial(url, nil); err == nil || r == nil || r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a window that comes after the stop got %v, want 503", r)
	}
}

func TestAClientThatTalksIsRefused(t *testing.T) {
	_, url, _ := start(t, Config{Tick: 5 * time.Millisecond})
	c := dial(t, url)
	c.WriteMessage(websocket.TextMessage, []byte(`{"type":"drop table"}`))
	expectClose(t, c, websocket.ClosePolicyViolation, "HTTP API")
	c = dial(t, url)
	c.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<20))
	expectClose(t, c, websocket.CloseMessageTooBig, "")
	c = dial(t, url)
	c.NetConn().Write([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	expectClose(t, c, websocket.CloseProtocolError, "")
}

func TestForeignOriginIsRefused(t *testing.T) {
	_, url, _ := start(t, Config{})
	_, r, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {"http://evil.example"}})
	if err == nil || r == nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another origin got %v, %v; want 403", r, err)
	}
}

func TestTooManyWindowsAreToldSo(t *testing.T) {
	_, url, _ := start(t, Config{Tick: 5 * time.Millisecond, MaxClients: 2})
	next(t, dial(t, url))
	next(t, dial(t, url))
	expectClose(t, dial(t, url), websocket.CloseTryAgainLater, "2 windows")
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []Config{{Queue: 1}, {History: -1}, {Tick: time.Microsecond}, {Tick: time.Second, StallAfter: time.Millisecond}} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%+v: error %v, want one that says what is allowed", cfg, err)
		}
	}
	h, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.Run(done); err != nil {
		t.Error(err)
	}
	if err := h.Run(done); err == nil {
		t.Error("a second Run was accepted")
	}
}

func expectClose(t *testing.T, c *websocket.Conn, code int, reason string) {
	t.Helper()
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code || !strings.Contains(closed.Text, reason) {
			t.Errorf("closed with %v, want code %d and %q", err, code, reason)
		}
		return
	}
}

// A client may want the envelopes of one stream, or none; scores and states come all the same.
func TestWavesOfOneStream(t *testing.T) {
	h, url, _ := start(t, Config{})
	for _, name := range []string{"a", "b"} {
		h.PublishStream(StreamStatus{Name: name, RateHz: 1000, Channels: []Channel{{Name: "x"}}})
	}
	for query, want := range map[string][]uint32{"": {0, 1}, "?waves=": nil, "?waves=b": {1}, "?waves=nobody": nil} {
		c := dial(t, url+query)
		if m := next(t, c); m.Type != "snapshot" {
			t.Fatalf("%q begins with %q", query, m.Type)
		}
		seen := map[uint32]bool{}
		for scores, i := 0, 1; scores < 5; i++ {
			for _, name := range []string{"a", "b"} {
				h.PublishWave(&Wave{Stream: name, Run: 1, First: uint64(10 * i), SamplesPerBucket: 5, RateHz: 1000, MinMax: []float32{-1, 1, -2, 2}})
			}
			h.PublishScore(score("a", i, 1))
			m := next(t, c)
			for _, id := range m.of {
				seen[id] = true
			}
			if len(m.Scores) > 0 {
				scores++
			}
		}
		if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) {
			t.Errorf("%q is sent the waves of %v, want those of %v", query, got, want)
		}
		c.Close()
	}
}
