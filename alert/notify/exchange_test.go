package notify

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"crackle/alert"
)

// closing is a sink that counts how often it was closed.
type closing struct {
	scripted
	closed atomic.Int32
}

func (c *closing) Close() { c.closed.Add(1) }

func newClosing(name string, answers ...error) *closing {
	return &closing{scripted: scripted{name: name, start: time.Now(), answers: answers}}
}

// away is so many refusals.
func away(n int) (errs []error) {
	for range n {
		errs = append(errs, errors.New("away"))
	}
	return errs
}

// One sink stays with what waits in its queue, one is exchanged and its heir goes on with what waits, one goes and is drained, and one comes and is told of
// what happens from then on.
func TestExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		done := map[string]int{}
		stays, old, goes := newClosing("stays", away(5)...), newClosing("changes", away(1000)...), newClosing("goes", away(3)...)
		cfg := Config{
			Sinks: []Sink{stays, old, goes}, MinBackoff: time.Second, MaxBackoff: time.Second, Drain: 30 * time.Second,
			Done: func(sink, ev, failed string) {
				mu.Lock()
				defer mu.Unlock()
				done[sink+" "+ev+failed]++
			},
		}
		d, feed, stop := running(t, cfg)
		feed(event("a", alert.Raised), event("b", alert.Raised))
		synctest.Wait()
		next, comes := newClosing("changes"), newClosing("comes")
		if err := d.Exchange(t.Context(), []Sink{comes, next, stays}, map[string]Limits{"comes": {Queue: 3}}); err != nil {
			t.Fatal(err)
		}
		feed(event("a", alert.Cleared))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		for sink, want := range map[*closing]string{
			stays: "a-raised a-raised a-raised a-raised a-raised a-raised b-raised a-cleared", old: "a-raised", next: "a-raised b-raised a-cleared",
			goes: "a-raised a-raised a-raised a-raised b-raised", comes: "a-cleared",
		} {
			if got := sink.ids(); got != want {
				t.Errorf("%s was told %s, want %s", sink.name, got, want)
			}
		}
		if old.closed.Load() != 1 || goes.closed.Load() != 1 || stays.closed.Load()+next.closed.Load()+comes.closed.Load() != 0 {
			t.Error("not those that are gone are closed")
		}
		var names []string
		for _, n := range d.Counters() {
			names = append(names, n.Sink)
			if n.Failing || n.Dropped > 0 || n.Queue > 0 {
				t.Errorf("%+v", n)
			}
		}
		if got := strings.Join(names, " "); got != "comes changes stays" {
			t.Errorf("sinks %s", got)
		}
		if err := d.Test(t.Context(), "goes"); err == nil {
			t.Error("a sink that is gone was tried")
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if stays.closed.Load() != 1 || next.closed.Load() != 1 || comes.closed.Load() != 1 || old.closed.Load() != 1 {
			t.Error("a sink is not closed at the end, or twice")
		}
		for key, n := range done {
			if n != 1 {
				t.Errorf("%s is done %d times", key, n)
			}
		}
		if len(done) != 3+3+2+1 {
			t.Errorf("done with %d: %v", len(done), done)
		}
	})
}

// A sink that goes and does not deliver within the time to drain is cut off, and what it still has is counted as dropped; the others are not held up.
func TestExchangeDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs, other := newClosing("hangs"), newClosing("other")
		hangs.hang = true
		d, feed, stop := running(t, Config{Sinks: []Sink{hangs, other}, Drain: 10 * time.Second, Timeout: time.Hour})
		feed(event("a", alert.Raised), event("b", alert.Raised))
		synctest.Wait()
		gone := d.list()[0]
		if err := d.Exchange(t.Context(), []Sink{other}, nil); err != nil {
			t.Fatal(err)
		}
		feed(event("c", alert.Raised))
		synctest.Wait()
		if other.ids() != "a-raised b-raised c-raised" || hangs.closed.Load() != 0 {
			t.Errorf("the other sink was told %s; closed %d", other.ids(), hangs.closed.Load())
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if n := gone.counters(); n.Dropped != 2 || hangs.closed.Load() != 1 {
			t.Errorf("%+v, closed %d", n, hangs.closed.Load())
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// What waits for a sink's hours waits for those of its heir, which may have come.
func TestExchangeOfHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, d, at, stop := workday(t, Config{})
		at(1, event("a", alert.Raised), event("b", alert.Raised))
		later, err := ParseHours([]string{"12:00-13:00"}, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		next := &office{scripted: scripted{name: "office", start: o.start}, hours: later}
		if err := d.Exchange(t.Context(), []Sink{next}, nil); err != nil {
			t.Fatal(err)
		}
		at(5, event("b", alert.Cleared))
		if n := d.Counters()[0]; n.Held != 1 || n.Untold != 1 {
			t.Errorf("%+v", n)
		}
		at(11.9)
		always := &scripted{name: "office", start: o.start}
		if err := d.Exchange(t.Context(), []Sink{always}, nil); err != nil {
			t.Fatal(err)
		}
		at(14)
		if len(o.tried)+len(next.tried) != 0 || always.ids() != "a-raised" {
			t.Errorf("told %q, %q, %q", o.ids(), next.ids(), always.ids())
		}
		if n := d.Counters()[0]; n.Held != 0 || n.Untold != 1 || n.Sent != 1 {
			t.Errorf("%+v", n)
		}
		stop()
	})
}

func TestExchangeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newClosing("a")
		d, feed, stop := running(t, Config{Sinks: []Sink{s}})
		for _, c := range []struct {
			sinks []Sink
			each  map[string]Limits
		}{{[]Sink{newClosing("b"), newClosing("b")}, nil}, {[]Sink{newClosing("b")}, map[string]Limits{"c": {}}}, {[]Sink{newClosing("b")}, map[string]Limits{"b": {Queue: -1}}}} {
			if err := d.Exchange(t.Context(), c.sinks, c.each); err == nil {
				t.Errorf("%+v was taken", c)
			}
		}
		feed(event("x", alert.Raised))
		synctest.Wait()
		if s.ids() != "x-raised" {
			t.Errorf("told %s", s.ids())
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if err := d.Exchange(t.Context(), []Sink{newClosing("b")}, nil); err == nil || !strings.Contains(err.Error(), "stopped") {
			t.Error(err)
		}
		idle, err := New(Config{Events: make(chan alert.Event)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := idle.Exchange(ctx, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
