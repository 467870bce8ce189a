package health

import (
	"fmt"
	"strings"
	"time"

	"crackle/alert"
)

// Monitor is the state of what all streams share.
type Monitor struct {
	Connection
	Sinks []string  // names of those whose messages do not arrive, in a fixed order
	Store string    // what the store refuses and why; empty: nothing
	Beat  time.Time // when the heartbeat came through last; zero: never
}

// Connection is the state of the connection to the messaging server.
type Connection struct {
	Up     bool
	Server string // address, for people; without credentials
	Why    string // what the newest error said
}

// connection follows the messaging server.
func (w *Watcher) connection(dst []alert.Condition, c *Connection, now time.Time) []alert.Condition {
	if c.Up {
		if !w.down.IsZero() {
			w.listening = now
		}
		if w.away {
			dst = append(dst, w.lost(now.Sub(w.down), c, false, now))
		}
		w.down, w.away, w.wasUp = time.Time{}, false, true
		return dst
	}
	if w.down.IsZero() {
		w.down = now
		if !w.wasUp && !w.stalled {
			w.down = w.cfg.Start
		}
	}
	if gone := now.Sub(w.down); !w.away && gone >= w.cfg.Connection {
		w.away = true
		w.losses++
		dst = append(dst, w.lost(gone, c, true, now))
	}
	return dst
}

// lost is the finding about the connection, with the streams that depend on it.
func (w *Watcher) lost(gone time.Duration, c *Connection, active bool, now time.Time) alert.Condition {
	var b strings.Builder
	fmt.Fprintf(&b, "messaging server %s is away", c.Server)
	if c.Why != "" {
		fmt.Fprintf(&b, " (%s)", c.Why)
	}
	fmt.Fprintf(&b, "; not heard meanwhile: %s", w.names())
	if !active {
		b.Reset()
		fmt.Fprintf(&b, "messaging server %s was away for %s; not heard meanwhile: %s", c.Server, round(gone), w.names())
	}
	return alert.Condition{
		Kind: alert.KindConnection, Active: active, Run: uint64(w.cfg.Start.UnixNano()), Index: w.losses, At: now,
		Value: gone.Seconds(), Limit: w.cfg.Connection.Seconds(), Unit: "s", What: b.String(),
	}
}

// names lists the watched streams, the first ten by name.
func (w *Watcher) names() string {
	const most = 10
	var b strings.Builder
	for i, e := range w.streams {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(w.streams)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.Name)
	}
	if len(w.streams) == 0 {
		b.WriteString("no stream is configured")
	}
	return b.String()
}

// sinks follows those whose messages do not arrive. One more that fails is told inside the same alarm.
func (w *Watcher) sinks(dst []alert.Condition, failing []string, now time.Time) []alert.Condition {
	n := len(failing)
	changed := w.sinking.step(n > 0, w.cfg.SinkFor, 0, now)
	if !changed && (!w.sinking.open || n <= w.sunk) {
		return dst
	}
	w.sunk = n
	w.silences += b2u(changed && n > 0)
	c := alert.Condition{
		Kind: alert.KindSink, Active: n > 0, Again: !changed, Run: uint64(w.cfg.Start.UnixNano()), Index: w.silences, At: now, Value: float64(n), Limit: 1, Unit: "sinks",
		What: "every sink delivers again",
	}
	if n > 0 {
		c.What = "messages do not arrive by " + strings.Join(failing, ", ") + "; they are tried again, and the log says why"
	}
	return append(dst, c)
}

// store follows what is written down.
func (w *Watcher) store(dst []alert.Condition, trouble string, now time.Time) []alert.Condition {
	bad := trouble != ""
	if !w.storing.step(bad, w.cfg.StoreFor, calm, now) {
		return dst
	}
	w.refusals += b2u(bad)
	c := alert.Condition{
		Kind: alert.KindStore, Active: bad, Run: uint64(w.cfg.Start.UnixNano()), Index: w.refusals, At: now, Value: 1, Limit: 1, What: "the store takes what is written again",
	}
	if bad {
		c.What = trouble
	}
	return append(dst, c)
}

// heartbeat judges the time since the monitor's own test signal came through. While the server is away that is the connection's alarm.
func (w *Watcher) heartbeat(dst []alert.Condition, beat, now time.Time) []alert.Condition {
	if w.cfg.Heartbeat == 0 || !w.down.IsZero() && !w.beatless {
		return dst
	}
	gone := now.Sub(latest(beat, w.listening))
	if missing := gone >= w.cfg.Heartbeat; missing == w.beatless || !missing && !beat.After(w.beatlessAt) {
		return dst
	}
	c := alert.Condition{
		Kind: alert.KindHeartbeat, Run: uint64(w.cfg.Start.UnixNano()), At: now, Value: gone.Seconds(), Limit: w.cfg.Heartbeat.Seconds(), Unit: "s",
		What: "the heartbeat comes through again",
	}
	if w.beatless = !w.beatless; w.beatless {
		w.losses, w.beatlessAt, c.Active = w.losses+1, now, true
		c.What = fmt.Sprintf("the monitor's own test signal has not come through for %s: what is shown may be old, and an alarm may not be told", round(gone))
	}
	c.Index = w.losses
	return append(dst, c)
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
