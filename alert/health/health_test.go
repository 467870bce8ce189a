package health

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"crackle/alert"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// stand drives a watcher second by second and keeps what it found as text.
type stand struct {
	t     testing.TB
	w     *Watcher
	now   time.Time
	conn  Connection
	sinks []string
	store string
	beat  time.Time
	obs   map[string]*Observation
	log   []string
}

func newStand(t testing.TB, cfg Config, streams ...Stream) *stand {
	t.Helper()
	cfg.Start = start
	w, err := New(cfg, streams)
	if err != nil {
		t.Fatal(err)
	}
	return &stand{t: t, w: w, now: start, conn: Connection{Up: true, Server: "nats://plant:4222"}, obs: map[string]*Observation{}}
}

// tick lets a second pass and steps; streams named are heard just before.
func (s *stand) tick(heard ...string) { s.tickAfter(time.Second, heard...) }

func (s *stand) tickAfter(d time.Duration, heard ...string) {
	s.now = s.now.Add(d)
	for _, name := range heard {
		o := s.of(name)
		o.Last, o.Run, o.End = s.now.Add(-10*time.Millisecond), 7, o.End+1000
		if o.BlockDuration == 0 {
			o.BlockDuration = 100 * time.Millisecond
		}
	}
	var list []Observation
	for _, o := range s.obs {
		list = append(list, *o)
	}
	for _, c := range s.w.Step(nil, &Monitor{Connection: s.conn, Sinks: s.sinks, Store: s.store, Beat: s.beat}, list, s.now) {
		state := "over"
		if c.Active {
			state = "holds"
			s.advised(&c)
		}
		if c.Again {
			state = "again"
		}
		s.log = append(s.log, fmt.Sprintf("+%s %s %q %s %.6g of %g %s: %s", s.now.Sub(start), state, c.Stream, c.Kind, c.Value, c.Limit, c.Unit, c.What))
	}
}

// advised checks that a finding says what to do next, which is cut off for the rest of the test: at its end, or by the finding itself.
func (s *stand) advised(c *alert.Condition) {
	s.t.Helper()
	own := map[alert.Kind]string{alert.KindRate: "correct rate_hz", alert.KindModel: "teach it anew", alert.KindDrift: "teach the model anew", alert.KindStore: s.store}
	if text, is := own[c.Kind]; is {
		if !strings.Contains(c.What, text) {
			s.t.Errorf("%s does not say what to do next: %s", c.Kind, c.What)
		}
		return
	}
	what, is := strings.CutSuffix(c.What, "; "+advice[c.Kind])
	if !is || advice[c.Kind] == "" {
		s.t.Errorf("%s does not say what to do next: %s", c.Kind, c.What)
	}
	c.What = what
}

func (s *stand) ticks(n int, heard ...string) {
	for range n {
		s.tick(heard...)
	}
}

func (s *stand) of(name string) *Observation {
	if s.obs[name] == nil {
		s.obs[name] = &Observation{Stream: name}
	}
	return s.obs[name]
}

func (s *stand) want(lines ...string) {
	s.t.Helper()
	if diff := cmp.Diff(lines, s.log); diff != "" {
		s.t.Error(diff)
	}
}

func TestNewErrors(t *testing.T) {
	_, err := New(Config{NoData: -1}, []Stream{{Name: "a"}, {Name: "a"}, {Name: ""}, {Name: "b", NoData: -1}})
	for _, says := range []string{"no start time", "no data -1ns", `stream "a"`, `stream ""`, `stream "b"`} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error does not say %s: %v", says, err)
		}
	}
}

func TestSilence(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "fast"}, Stream{Name: "own", NoData: 2 * time.Second})
	s.ticks(10, "fast", "own")
	s.ticks(8, "fast") // own falls silent
	s.ticks(2, "fast", "own")
	s.ticks(6, "own") // fast falls silent
	s.tick("fast", "own")
	s.want(
		`+12s holds "own" no_data 2.01 of 2 s: no data for 2s; last heard at 2026-03-01T06:00:09.99Z`,
		`+19s over "own" no_data 9 of 2 s: heard again after 9s without data`,
		`+25s holds "fast" no_data 5.01 of 5 s: no data for 5s; last heard at 2026-03-01T06:00:19.99Z`,
		`+27s over "fast" no_data 7 of 5 s: heard again after 7s without data`,
	)
}

// TestSlowMeter holds that a stream whose blocks are long gets ten of them before it counts as silent.
func TestSlowMeter(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "meter"})
	s.of("meter").BlockDuration = 5 * time.Second
	s.tick("meter")
	s.ticks(49)
	s.want()
	s.tick()
	s.want(`+51s holds "meter" no_data 50.01 of 50 s: no data for 50s; last heard at 2026-03-01T06:00:00.99Z`)
}

// TestScenarioNeverPublishes: a configured stream that is never heard is an alarm of its own, once, and ends when it is.
func TestScenarioNeverPublishes(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "dead"})
	s.ticks(100)
	s.want(`+5s holds "dead" no_data 5 of 5 s: never heard since the start at 2026-03-01T06:00:00Z`)
	s.tick("dead")
	if len(s.log) != 2 || !strings.Contains(s.log[1], `over "dead" no_data`) {
		t.Error(s.log)
	}
}

// TestScenarioSilentOvernight: a stream falls silent for a night and returns.
func TestScenarioSilentOvernight(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "press"})
	s.ticks(3, "press")
	s.ticks(9 * 3600)
	s.ticks(3, "press")
	s.want(
		`+8s holds "press" no_data 5.01 of 5 s: no data for 5s; last heard at 2026-03-01T06:00:02.99Z`,
		`+9h0m4s over "press" no_data 32401 of 5 s: heard again after 9h0m1s without data`,
	)
}

// TestScenarioOneRootCause: the server is away under 200 streams. That is one alarm and one clear; each stream gets its full time
// again afterwards, and one that then stays silent is found.
func TestScenarioOneRootCause(t *testing.T) {
	var streams []Stream
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("s%03d", i))
		streams = append(streams, Stream{Name: names[i]})
	}
	s := newStand(t, Config{}, streams...)
	s.ticks(3600, names...)
	s.conn = Connection{Server: "nats://plant:4222", Why: "connection refused"}
	s.ticks(60)
	s.conn = Connection{Up: true, Server: "nats://plant:4222"}
	s.ticks(4)
	s.ticks(10, names[1:]...)
	list := "s000, s001, s002, s003, s004, s005, s006, s007, s008, s009 and 190 more"
	s.want(
		`+1h0m3s holds "" connection 2 of 2 s: messaging server nats://plant:4222 is away (connection refused); not heard meanwhile: `+list,
		`+1h1m1s over "" connection 60 of 2 s: messaging server nats://plant:4222 was away for 1m0s; not heard meanwhile: `+list,
		`+1h1m6s holds "s000" no_data 5 of 5 s: no data for 5s; last heard at 2026-03-01T06:59:59.99Z`,
	)
}

// TestShortLoss holds that a reconnect within the delay is no alarm.
func TestShortLoss(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "a"})
	s.ticks(5, "a")
	s.conn.Up = false
	s.ticks(2)
	s.conn.Up = true
	s.ticks(10, "a")
	s.want()
}

// TestNeverConnected holds that a server that was not there at the start is found, and that a second loss is a second alarm.
func TestNeverConnected(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "a"})
	s.conn.Up = false
	s.ticks(30)
	s.conn.Up = true
	s.ticks(2, "a")
	s.conn.Up = false
	s.ticks(5)
	if len(s.log) != 3 || !strings.HasPrefix(s.log[0], `+2s holds "" connection 2 `) || !strings.HasPrefix(s.log[2], `+35s holds "" connection 2 `) {
		t.Errorf("%s", strings.Join(s.log, "\n"))
	}
}

// TestScenarioStopped: the process is stopped for far longer than every time-out and goes on. No stream was silent.
func TestScenarioStopped(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "a"})
	s.ticks(5, "a")
	s.tickAfter(10 * time.Minute)
	s.ticks(3)
	s.ticks(5, "a")
	s.want()
}

// TestStoppedWithoutServer: the process is stopped before its first look, or while the server is just away; the connection was lost by then and is
// made anew at once, which is no absence. One that goes on is.
func TestStoppedWithoutServer(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "a"})
	s.conn.Up = false
	s.tickAfter(10 * time.Minute)
	s.conn.Up = true
	s.ticks(5, "a")
	s.conn.Up = false
	s.tick()
	s.tickAfter(10 * time.Minute)
	s.conn.Up = true
	s.ticks(5, "a")
	s.want()
	s.conn.Up = false
	s.tick()
	s.tickAfter(10 * time.Minute)
	s.ticks(2)
	if len(s.log) != 1 || !strings.Contains(s.log[0], `holds "" connection 2 of 2 s`) {
		t.Errorf("%s", strings.Join(s.log, "\n"))
	}
}

// TestAlwaysLate holds that a monitor whose every step comes late still finds a silent stream.
func TestAlwaysLate(t *testing.T) {
	s := newStand(t, Config{}, Stream{Name: "a"})
	s.tick("a")
	for range 4 {
		s.tickAfter(4 * time.Second)
	}
	s.want(`+13s holds "a" no_data 8 of 5 s: no data for 8s; last heard at 2026-03-01T06:00:00.99Z`)
}

func TestGapsAndDecodeErrors(t *testing.T) {
	s := newStand(t, Config{MinGap: 10, Hold: 5 * time.Second}, Stream{Name: "a"})
	s.tick("a")
	o := s.of("a")
	o.Missing, o.GapAt = 9, 100 // below the limit
	s.tick("a")
	o.Missing, o.GapAt = 300, 500
	s.tick("a")
	o.Missing, o.GapAt = 301, 900 // inside the episode any gap counts
	s.ticks(3, "a")
	o.Unreadable, o.Why = 1, "block: magic is 0x0000"
	s.tick("a")
	o.Unreadable = 4
	s.ticks(20, "a")
	o.Missing = 2 // counted anew
	s.tick("a")
	s.want(
		`+3s holds "a" gap 291 of 10 samples: 291 samples missing, newest gap from sample 500`,
		`+4s again "a" gap 292 of 10 samples: 292 samples missing, newest gap from sample 900`,
		`+7s holds "a" decode_errors 1 of 1 payloads: 1 payloads could not be read, newest: block: magic is 0x0000`,
		`+8s again "a" decode_errors 4 of 1 payloads: 4 payloads could not be read, newest: block: magic is 0x0000`,
		`+9s over "a" gap 292 of 10 samples: 292 samples missing in all, none for 5s`,
		`+13s over "a" decode_errors 4 of 1 payloads: 4 payloads could not be read in all, none for 5s`,
	)
}

func TestAddRemove(t *testing.T) {
	s := newStand(t, Config{})
	s.conn.Up = false
	s.ticks(3)
	s.conn.Up = true
	s.tick()
	if err := s.w.Add(Stream{Name: "late"}, s.now); err != nil {
		t.Fatal(err)
	}
	s.ticks(4)
	s.w.Remove("late")
	s.w.Remove("late")
	s.ticks(20)
	if len(s.log) != 2 || !strings.HasSuffix(s.log[0], "no stream is configured") {
		t.Error(s.log)
	}
}

// TestAlternates feeds a book with whatever a watcher finds under any course of events, and holds that every finding begins and ends
// in turn and that the book takes each.
func TestAlternates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := New(Config{Start: start, Hold: 4 * time.Second}, []Stream{{Name: "a"}, {Name: "b", NoData: time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		book, err := alert.NewBook(alert.BookConfig{})
		if err != nil {
			t.Fatal(err)
		}
		obs := []Observation{{Stream: "a"}, {Stream: "b"}, {Stream: "stranger"}}
		conn, now, open := Connection{Up: rapid.Bool().Draw(t, "up")}, start, map[string]bool{}
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2, 9, -3}).Draw(t, "s")) * time.Second)
			if rapid.IntRange(0, 5).Draw(t, "flip") == 0 {
				conn.Up = !conn.Up
			}
			o := &obs[rapid.IntRange(0, 2).Draw(t, "stream")]
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1:
				o.Last, o.End = now, o.End+100
			case 2:
				o.Missing += rapid.Uint64Range(0, 3).Draw(t, "missing")
				o.GapAt = o.End
			case 3:
				o.Unreadable++
			case 4:
				o.Missing, o.Unreadable = 0, 0
			}
			for _, c := range w.Step(nil, &Monitor{Connection: conn}, obs, now) {
				key := c.Stream + " " + string(c.Kind)
				if c.Stream == "stranger" || open[key] != (c.Again || !c.Active) {
					t.Fatalf("%s: active %v again %v while open %v", key, c.Active, c.Again, open[key])
				}
				open[key] = c.Active
				if _, err := book.Step(nil, &alert.Input{Op: alert.OpCondition, Condition: &c}, now); err != nil {
					t.Fatal(err)
				}
			}
			for _, a := range book.Snapshot().Open {
				if key := a.Stream + " " + string(a.Kind); a.State.Active() != open[key] && a.State.Active() {
					t.Fatalf("book holds %s active, the watcher does not", key)
				}
			}
		}
	})
}

// Counts are written as people read them.
func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 9999: "9999", 12345: "12\u202f345", 1400000: "1\u202f400\u202f000"} {
		if got := count(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}
