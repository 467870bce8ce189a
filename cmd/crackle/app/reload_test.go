package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest"
)

// publishRows publishes rows of the faulty recording, or the healthy one, as a piece of a part.
func publishRows(t *testing.T, p *ingest.Publisher, bad bool, part string, from, to int) {
	t.Helper()
	r := healthy(t)
	if bad {
		r = faulty(t)
	}
	for i, b := range cut(asBlock(r, 0), func() int { return 100 }) {
		if i*100 >= from && i*100 < to {
			b.First, b.Part = 0, part
			publish(t, p, b)
		}
	}
	flush(t, p)
}

const slowAlarm = `[stream.%[1]q.alarm]
on_windows = 9
of_windows = 9
`

// A configuration that is read again without a change leaves everything as it is: an on-delay that is half-way goes on to the sample.
func TestScenarioReloadHalfWayThroughOnDelay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, motorStream("motor", ""), strings.ReplaceAll(slowAlarm, "%[1]q", `"motor"`))
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	pub := w.publisher("motor")
	publishRows(t, pub, true, "bad", 0, 500) // four windows above the limit, behind the warm-up
	dealtWith(t, w, "motor", 500)
	r, err := w.Reload(t.Context(), parse(t, dir, text))
	if err != nil || !slices.Equal(r.Unchanged, []string{"motor"}) || r.Exchanged != nil || r.Added != nil || r.Removed != nil || r.Restart != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	publishRows(t, pub, true, "bad", 500, 1000)
	w.wantVerdict("motor", "bad", detector.Alarm)
	if e := w.alarmed("motor", alert.KindScore, alert.Raised); e.Alarm.Onset >= 500 {
		t.Errorf("event %+v; want an alarm with its onset before the reload", e)
	}
	if n := len(w.windows("motor")); n != 17 {
		t.Errorf("%d windows, want 17", n)
	}
}

// Of three streams one is changed, one removed and one stays, and one is added.
func TestScenarioReloadChangedAddedRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	three := join(base, motorStream("stays", ""), motorStream("changes", ""), motorStream("goes", "no_data_s = 0.2\n"))
	three = strings.Replace(three, "no_data_s = 300\nqueue_blocks = 4096\nno_data_s = 0.2\n", "queue_blocks = 4096\nno_data_s = 0.2\n", 1)
	cfg := parse(t, dir, three)
	saveMotorModel(t, cfg, "stays")
	w := start(t, cfg)
	stays, changes := w.publisher("stays"), w.publisher("changes")
	for name, p := range map[string]*ingest.Publisher{"stays": stays, "changes": changes} {
		publishRows(t, p, false, "first", 0, 600)
		dealtWith(t, w, name, 600)
	}
	eventually(t, "the silence of the stream that goes", func() bool { return len(w.events("goes", alert.KindNoData)) == 1 })

	next := join(base, motorStream("stays", ""), motorStream("changes", "coverage = 0.5\n"), motorStream("comes", ""))
	next = strings.Replace(next, "max_bytes = 268435456", "max_bytes = 268435457", 1)
	r, err := w.Reload(t.Context(), parse(t, dir, next))
	if err != nil || !slices.Equal(r.Unchanged, []string{"stays"}) || !slices.Equal(r.Exchanged, []string{"changes"}) ||
		!slices.Equal(r.Added, []string{"comes"}) || !slices.Equal(r.Removed, []string{"goes"}) || !slices.Equal(r.Restart, []string{"[store]"}) {
		t.Fatalf("%+v, %v", r, err)
	}
	eventually(t, "the alarm of the stream that goes to clear", func() bool {
		list := w.events("goes", alert.KindNoData)
		return len(list) == 2 && list[1].Change == alert.Cleared && list[1].Alarm.ClearReason == alert.ClearedRemoved
	})
	eventually(t, "the stream that comes to be received", func() bool { return w.counts("comes").Opened > 0 })
	pub := publisher(t, w.Connection(), "comes", true)
	publishRows(t, pub, false, "first", 0, 1000)
	publishRows(t, stays, false, "first", 600, 1000)
	publishRows(t, changes, false, "first", 600, 1000)
	publishRows(t, changes, true, "second", 0, 1000)
	w.wantVerdict("comes", "first", detector.OK)
	w.wantVerdict("stays", "first", detector.OK)
	w.wantVerdict("changes", "first", detector.NotAssessed)
	w.wantVerdict("changes", "second", detector.Alarm)
	if _, ok := w.Counts("goes"); ok {
		t.Error("the stream that goes is still there")
	}
	if n := len(w.windows("stays")); n != 17 {
		t.Errorf("%d windows of the stream that stays, want 17", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var pieces []string
	for _, p := range w.parts {
		if p.Stream == "changes" && p.Part == "first" {
			pieces = append(pieces, strings.Join(p.Reasons, "; "))
		}
	}
	if len(pieces) != 2 || !strings.Contains(pieces[0], "exchanged") || !strings.Contains(pieces[1], "beginning was not seen") {
		t.Errorf("the part in whose middle the settings changed: %q", pieces)
	}
}

// A change of the subject needs another receiver; what is in the store under the new one is read from then on.
func TestReloadAnotherSubject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	pub := w.publisher("motor")
	publishPart(t, pub, healthy(t), "first", 100)
	w.wantVerdict("motor", "first", detector.OK)
	if _, err := w.Reload(t.Context(), parse(t, dir, join(base, motorStream("motor", "subject = \"crackle.signal.other\"\n")))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other subject to be received", func() bool { return w.counts("motor").Opened > 0 })
	other := publisher(t, w.Connection(), "other", true)
	publishPart(t, other, healthy(t), "second", 100)
	w.wantVerdict("motor", "second", detector.OK)
	if n := w.log.count("model in service"); n != 2 {
		t.Errorf("the model was put in service %d times, want 2", n)
	}
}

// A queue of another length is another receiver too, which goes on where the first one ended.
func TestReloadReadsOnFromTheSamePlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	pub := w.publisher("motor")
	publishPart(t, pub, healthy(t), "first", 100)
	w.wantVerdict("motor", "first", detector.OK)
	reloaded := make(chan error, 1)
	go func() {
		time.Sleep(time.Millisecond)
		text := strings.Replace(join(base, motorStream("motor", "")), "queue_blocks = 4096", "queue_blocks = 1024", 1)
		_, err := w.Reload(t.Context(), parse(t, dir, text))
		reloaded <- err
	}()
	for range 20 {
		publishPart(t, pub, healthy(t), "more", 100)
	}
	if err := <-reloaded; err != nil {
		t.Fatal(err)
	}
	publishPart(t, pub, healthy(t), "last", 100)
	w.wantVerdict("motor", "last", detector.OK)
	last, most := uint64(0), uint64(0)
	for _, s := range w.windows("motor") {
		if s.First > last {
			most = max(most, s.First-last)
		}
		last = s.First
	}
	if last+200 != 22*1000 || most > 400 {
		t.Errorf("windows up to %d, the widest step is %d samples; want %d, and no sample passed over", last+200, most, 22*1000)
	}
}

// Mistakes leave everything as it was.
func TestReloadRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	bad := *parse(t, dir, join(base, motorStream("motor", ""), motorStream("more", "")))
	s := bad.Streams["more"]
	s.RateHz = -1
	bad.Streams["more"] = s
	if r, err := w.Reload(t.Context(), &bad); err == nil || !strings.Contains(err.Error(), "rate_hz") || r.Added != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if _, ok := w.Counts("more"); ok {
		t.Error("the stream of a bad configuration is there")
	}
	pub := w.publisher("motor")
	publishPart(t, pub, healthy(t), "first", 100)
	w.wantVerdict("motor", "first", detector.OK)
}

// dealtWith waits until a stream has dealt with n samples.
func dealtWith(t *testing.T, w *watch, stream string, n uint64) {
	t.Helper()
	if err := w.Settle(within(t), stream, n); err != nil {
		t.Fatal(err)
	}
}
