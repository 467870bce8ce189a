package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/archive"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
	"crackle/web/api"
)

// bench publishes parts of the motor one after the other, a second each by their own clock.
type bench struct {
	p       *ingest.Publisher
	at      time.Time
	samples uint64
	rand    *rand.Rand
}

func newBench(p *ingest.Publisher) *bench {
	return &bench{p: p, at: time.Now().Add(-time.Hour).UTC().Truncate(time.Second), rand: rand.New(rand.NewPCG(1, 2))}
}

// part publishes a recording, with a little noise, so that no two parts are alike.
func (b *bench) part(t testing.TB, bad bool, part, lot string) {
	t.Helper()
	whole := asBlock(healthy(t), 0)
	if bad {
		whole = asBlock(faulty(t), 0)
	} else if b.rand.IntN(2) == 0 {
		whole = asBlock(&motor(t)[0], 0)
	}
	whole.Samples = slices.Clone(whole.Samples)
	for i := range whole.Samples {
		whole.Samples[i] += float32(0.002 * b.rand.NormFloat64())
	}
	b.whole(t, whole, part, lot)
}

func (b *bench) whole(t testing.TB, whole *block.Block, part, lot string) {
	t.Helper()
	for _, x := range cut(whole, func() int { return 100 }) {
		x.First, x.Part, x.Lot, x.TimeNS = 0, part, lot, b.at.UnixNano()
		b.at = b.at.Add(time.Duration(x.Count()) * time.Millisecond)
		b.samples += uint64(x.Count())
		publish(t, b.p, x)
	}
	flush(t, b.p)
}

// lots publishes n good parts, two to a lot.
func (b *bench) lots(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		b.part(t, false, fmt.Sprintf("P%d", i), fmt.Sprintf("L%d", i/2))
	}
}

func silent(float64, string) {}

// firstAlarm waits for the first score alarm of a stream.
func (w *watch) firstAlarm(stream string) string {
	w.t.Helper()
	eventually(w.t, "alarm", func() bool { return len(w.events(stream, alert.KindScore)) > 0 })
	return w.events(stream, alert.KindScore)[0].Alarm.ID
}

// problem is what an error of the app is to people.
func problem(t testing.TB, err error) *api.Problem {
	t.Helper()
	p, ok := errors.AsType[*api.Problem](err)
	if !ok {
		t.Fatalf("%v: want a problem that says what to do", err)
	}
	return p
}

// A stretch of the past is looked at, taught from and compared; the model goes into service while data flows and no window is lost or scored twice; the
// one before comes back in the same way; and a restart keeps the choice.
func TestScenarioTeachAndPutInService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, motorStream("motor", ""))
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	line := newBench(w.publisher("motor"))
	began := line.at
	line.lots(t, 12)
	dealtWith(t, w, "motor", line.samples)

	seen, err := w.Inspect(t.Context(), "motor", began, line.at)
	if err != nil || !seen.Teachable || seen.PartCount != 12 || seen.LotCount != 6 || seen.Usable < 190 || len(seen.Exclusions) != 0 {
		t.Fatalf("%+v, %v", seen, err)
	}
	shares := []float64{}
	info, err := w.Teach(t.Context(), "motor", app.TeachRequest{From: began, To: line.at}, "anna", func(share float64, _ string) { shares = append(shares, share) })
	if err != nil {
		t.Fatal(err)
	}
	if info.Rows < 100 || info.Held < 20 || info.SplitBy != "lot" || info.Lots != 6 || info.Parts != 12 || info.By != "anna" || info.Network != "closed form" || info.Bytes == 0 {
		t.Errorf("%+v", info)
	}
	if c := info.Comparison; c == nil || c.New.Windows != c.Running.Windows || c.New.Windows < 20 || c.New.BacktestOf < 11 || c.New.Error <= 0 || c.Running.Error <= 0 || c.New.Model != info.Hash {
		t.Errorf("comparison %+v", c)
	}
	if !slices.IsSorted(shares) || len(shares) < 10 || shares[len(shares)-1] > 1 {
		t.Errorf("progress %v", shares)
	}
	list, err := w.Models(t.Context(), "motor")
	if err != nil || len(list.Models) != 2 || list.InService == info.Hash || list.InService == "" || list.By != "" {
		t.Fatalf("%+v, %v", list, err)
	}
	first := list.InService

	// Exchanged and back again, three times, while parts come.
	stop, published := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				published <- n
				return
			default:
				line.part(t, false, fmt.Sprintf("Q%d", n), "M")
			}
		}
	}()
	for i := range 6 {
		hash := []string{info.Hash, first}[i%2]
		now, err := w.PutInService(t.Context(), "motor", hash, "ben", "a try")
		if err != nil || now.InService != hash || now.By != "ben" || now.Comment != "a try" {
			t.Errorf("%+v, %v", now, err)
		}
		before := w.scored("motor")
		eventually(t, "more windows", func() bool { return w.scored("motor") > before+17 })
	}
	close(stop)
	n := <-published
	if n < 3 {
		t.Errorf("only %d parts came meanwhile", n)
	}
	line.part(t, false, "end", "M")
	w.wantVerdict("motor", "end", detector.OK)
	dealtWith(t, w, "motor", line.samples)
	perPart, last := map[string]int{}, uint64(0)
	for i, s := range w.windows("motor") {
		if i > 0 && s.First <= last {
			t.Fatalf("window at %d after the one at %d", s.First, last)
		}
		last = s.First
		perPart[s.Part]++
		if first := s.First % 1000; s.Verdict == detector.NotAssessed && first >= 3*50 {
			t.Errorf("part %s: the window at %d is not assessed: %v", s.Part, first, s.Reason)
		}
	}
	for part, windows := range perPart {
		if windows != 17 {
			t.Errorf("part %s has %d windows, want 17", part, windows)
		}
	}
	if want := 12 + n + 1; len(perPart) != want {
		t.Errorf("%d parts with windows, want %d", len(perPart), want)
	}
	w.mu.Lock()
	expected := uint64(0)
	for _, p := range w.parts {
		expected += p.Samples.Expected
		if p.Samples.Missing != 0 || p.Samples.Duplicated != 0 || p.Verdict != detector.OK {
			t.Errorf("part %s: %v %v, %+v", p.Part, p.Verdict, p.Reasons, p.Samples)
		}
	}
	w.mu.Unlock()
	if expected != line.samples {
		t.Errorf("the accounts of all parts have %d samples, %d were published", expected, line.samples)
	}

	// The choice outlives the program.
	if _, err := w.PutInService(t.Context(), "motor", info.Hash, "anna", ""); err != nil {
		t.Fatal(err)
	}
	w.stop()
	younger := parse(t, dir, text) // a file that somebody taught meanwhile does not overrule it in silence
	stream := younger.Streams["motor"]
	made := teach(t, &stream, asBlock(&motor(t)[1], 1), asBlock(&motor(t)[0], 2))
	made.Record.Created = time.Now()
	if err := app.SaveModel(app.ModelPath(younger, &stream), made); err != nil {
		t.Fatal(err)
	}
	again := start(t, younger)
	eventually(t, "model", func() bool { return again.Status("motor").Model == info.Hash })
	if n := again.log.count("younger model", "motor.safetensors", "in_service="+info.Hash); n != 1 {
		t.Errorf("%d warnings of the younger file, want one", n)
	}
	if n := again.log.count("model in service"); n != 1 {
		t.Errorf("%d models were put in service after the restart, want the chosen one only", n)
	}
	if list, err := again.Models(t.Context(), "motor"); err != nil || list.InService != info.Hash || list.By != "anna" || len(list.Models) < 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if now, err := again.PutInService(t.Context(), "motor", first, "anna", "back"); err != nil || now.InService != first {
		t.Errorf("%+v, %v", now, err)
	}
}

// What lies near an alarm is not learnt until somebody says that it was fine, and what was bad never is, after a restart neither.
func TestScenarioFaultsAreNotLearnt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, motorStream("motor", ""))
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	line := newBench(w.publisher("motor"))
	began := line.at
	line.lots(t, 10)
	line.part(t, true, "broken", "L9")
	line.part(t, false, "last", "L9")
	w.wantVerdict("motor", "broken", detector.Alarm)
	w.wantVerdict("motor", "last", detector.OK)
	alarm := w.firstAlarm("motor")

	look := func(w *watch) *app.Inspection {
		t.Helper()
		seen, err := w.Inspect(t.Context(), "motor", began, line.at)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	excluded := func(seen *app.Inspection, why, id string) {
		t.Helper()
		if i := slices.IndexFunc(seen.Exclusions, func(x app.Exclusion) bool { return x.Why == why && x.Alarm == id }); i < 0 || seen.Exclusions[i].Part != "broken" || seen.Exclusions[i].Windows < 17 {
			t.Errorf("why %s, alarm %s: %+v", why, id, seen.Exclusions)
		}
		if slices.Contains(seen.Parts, "broken") || seen.PartCount < 10 {
			t.Errorf("parts to learn from: %v", seen.Parts)
		}
	}
	seen := look(w)
	excluded(seen, "alarm", alarm)
	if seen.Above == 0 {
		t.Error("no window above the limit")
	}
	info, err := w.Teach(t.Context(), "motor", app.TeachRequest{From: began, To: line.at}, "anna", silent)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(info.Report, "\n"), alarm) || info.Left < 17 {
		t.Errorf("left out %d: %q", info.Left, info.Report)
	}
	if c := info.Comparison; c.New.Alarms == 0 || c.Running.Alarms == 0 {
		t.Errorf("the fault is in the stretch of the back-test: %+v", c)
	}

	if j, err := w.Feedback(t.Context(), alarm, app.Fine, "anna", "a trial run"); err != nil || j.Stream != "motor" || j.Part != "broken" {
		t.Errorf("%+v, %v", j, err)
	}
	seen = look(w)
	if len(seen.Exclusions) != 0 || !slices.Contains(seen.Parts, "broken") || len(seen.Judgements) != 1 || seen.Judgements[0].Judgement != app.Fine {
		t.Errorf("after it was said to be fine: %+v, %v, %+v", seen.Exclusions, seen.Parts, seen.Judgements)
	}
	if _, err := w.Feedback(t.Context(), alarm, app.Bad, "ben", "no, the bearing"); err != nil {
		t.Fatal(err)
	}
	excluded(look(w), "bad", alarm)
	if j, err := w.Judgement(t.Context(), alarm); err != nil || j == nil || j.By != "ben" || j.Comment != "no, the bearing" {
		t.Errorf("%+v, %v", j, err)
	}
	for what, call := range map[string]func() error{
		"word":   func() error { _, err := w.Feedback(t.Context(), alarm, "good", "anna", ""); return err },
		"nobody": func() error { _, err := w.Feedback(t.Context(), alarm, app.Bad, " ", ""); return err },
		"too much": func() error {
			_, err := w.Feedback(t.Context(), alarm, app.Bad, "anna", strings.Repeat("x", 3000))
			return err
		},
	} {
		if p := problem(t, call()); p.Status != http.StatusBadRequest {
			t.Errorf("%s: %+v", what, p)
		}
	}
	if _, err := w.Feedback(t.Context(), "0123456789abcdef", app.Bad, "anna", ""); !errors.Is(err, api.ErrUnknownAlarm) {
		t.Errorf("an alarm that never was: %v", err)
	}
	w.stop()
	again := start(t, parse(t, dir, text))
	excluded(look(again), "bad", alarm)
}

// The next parts of a live stream: the one under way does not count, and what comes after the last one is not learnt.
func TestScenarioTeachNextParts(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), motorStream("core", "transport = \"core\"\n")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	for _, c := range []struct {
		stream string
		ask    app.TeachRequest
	}{{"motor", app.TeachRequest{Parts: 6}}, {"core", app.TeachRequest{Seconds: 8}}} {
		line := newBench(w.publisher(c.stream))
		type result struct {
			info *app.ModelInfo
			err  error
		}
		done, heard := make(chan result, 1), make(chan string, 1000)
		go func() {
			info, err := w.Teach(t.Context(), c.stream, c.ask, "anna", func(_ float64, text string) {
				select {
				case heard <- text:
				default:
				}
			})
			done <- result{info, err}
		}()
		if text := <-heard; !strings.Contains(text, "waiting for the signal") { // it listens
			t.Errorf("first word %q", text)
		}
		if _, err := w.Teach(t.Context(), c.stream, c.ask, "ben", silent); err == nil || problem(t, err).Status != http.StatusConflict {
			t.Errorf("a second lesson at the same time: %v", err)
		}
		var r result
		for n := 0; r.info == nil && r.err == nil; n++ {
			line.part(t, false, fmt.Sprintf("N%d", n), fmt.Sprintf("L%d", n/2))
			select {
			case r = <-done:
			case <-time.After(50 * time.Millisecond):
			}
			if n > 200 {
				t.Fatal("200 parts did not do")
			}
		}
		if r.err != nil {
			t.Fatalf("%s: %v", c.stream, r.err)
		}
		if c.ask.Parts > 0 && (r.info.Parts != 6 || r.info.Rows+r.info.Held+r.info.Left > 6*17) || r.info.Rows < 50 || r.info.Source == "stretch" {
			t.Errorf("%s: %+v", c.stream, r.info)
		}
		if note := strings.Join(r.info.Report, "\n"); strings.Contains(note, "no back-test") != (c.stream == "core") {
			t.Errorf("%s: %s", c.stream, note)
		}
	}
}

// What cannot be taught is refused, and the refusal says what to do.
func TestTeachRefused(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), motorStream("flat", ""), motorStream("core", "transport = \"core\"\n")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	teach := func(stream string, q app.TeachRequest) *api.Problem {
		t.Helper()
		_, err := w.Teach(t.Context(), stream, q, "anna", silent)
		return problem(t, err)
	}
	now := time.Now()
	hour := app.TeachRequest{From: now.Add(-2 * time.Hour), To: now.Add(time.Hour)}
	wantAll(t, teach("motor", hour).Message, "holds nothing", "crackle replay")
	wantAll(t, teach("none", hour).Message, "not configured")
	wantAll(t, teach("core", hour).Message, "jetstream", "next parts")
	wantAll(t, teach("motor", app.TeachRequest{}).Message, "exactly one")
	wantAll(t, teach("motor", app.TeachRequest{Parts: 3, Seconds: 5}).Message, "exactly one")
	wantAll(t, teach("motor", app.TeachRequest{Parts: -3}).Message, "-3")
	wantAll(t, teach("motor", app.TeachRequest{Seconds: -3}).Message, "-3")

	line, dead := newBench(w.publisher("motor")), newBench(w.publisher("flat"))
	line.part(t, true, "broken", "L1")
	zero := asBlock(healthy(t), 0)
	zero.Samples = make([]float32, len(zero.Samples))
	for i := range 4 {
		dead.whole(t, zero, fmt.Sprintf("D%d", i), "L1")
	}
	w.wantVerdict("motor", "broken", detector.Alarm)
	dealtWith(t, w, "flat", dead.samples)
	wantAll(t, teach("motor", hour).Message, "choose a stretch of normal production", "mark it fine")
	wantAll(t, teach("flat", hour).Message, "none of")
	wantAll(t, teach("motor", app.TeachRequest{From: now.Add(time.Hour)}).Message, "the store holds")
	if p := teach("motor", app.TeachRequest{From: line.at.Add(-100 * time.Millisecond), To: line.at}); p.Status != http.StatusBadRequest {
		t.Errorf("%+v", p)
	}

	// One lot only: it is taught, and says that its limit is provisional.
	for i := range 6 {
		line.part(t, false, fmt.Sprintf("P%d", i), "L1")
	}
	dealtWith(t, w, "motor", line.samples)
	info, err := w.Teach(t.Context(), "motor", hour, "anna", silent)
	if err != nil || info.Provisional == "" || !strings.Contains(strings.Join(info.Report, "\n"), "1 lot ") {
		t.Errorf("%+v, %v", info, err)
	}
	put := func(stream, hash string) *api.Problem {
		t.Helper()
		_, err := w.PutInService(t.Context(), stream, hash, "anna", "")
		return problem(t, err)
	}
	wantAll(t, put("flat", info.Hash).Message, "is of stream motor", "teach stream flat")
	wantAll(t, put("motor", "0123456789ab").Message, "0123456789ab", info.Hash)
	wantAll(t, put("none", info.Hash).Message, "not configured")
	if _, err := w.PutInService(t.Context(), "motor", info.Hash, "", ""); problem(t, err).Status != http.StatusBadRequest {
		t.Error(err)
	}
	if found := slices.IndexFunc(mustInspect(t, w, "flat", hour).Findings, func(f inspect.Finding) bool { return f.Level == inspect.Refusal }); found < 0 {
		t.Error("a dead sensor is no refusal")
	}
}

func mustInspect(t *testing.T, w *watch, stream string, q app.TeachRequest) *app.Inspection {
	t.Helper()
	seen, err := w.Inspect(t.Context(), stream, q.From, q.To)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// A model is refined in the background and kept when it is better; a stop cuts that off at once.
func TestRefinedInTheBackground(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, strings.Replace(motorStream("motor", ""), "epochs = 40", "epochs = 100000", 1))
	w := start(t, parse(t, dir, text))
	line := newBench(w.publisher("motor"))
	line.lots(t, 10)
	dealtWith(t, w, "motor", line.samples)
	q := app.TeachRequest{From: line.at.Add(-time.Hour), To: line.at}
	long, err := w.Teach(t.Context(), "motor", q, "anna", silent)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := w.Models(t.Context(), "motor"); err != nil || !slices.Equal(list.Refining, []string{long.Hash}) {
		t.Errorf("%+v, %v", list, err)
	}
	w.stop()
	if n := w.log.count("refining cut off"); n != 1 {
		t.Errorf("cut off %d times\n%s", n, w.log)
	}

	again := start(t, parse(t, dir, strings.Replace(text, "epochs = 100000", "epochs = 30", 1)))
	info, err := again.Teach(t.Context(), "motor", q, "anna", silent)
	if err != nil || info.Comparison != nil {
		t.Fatalf("%+v, %v", info, err)
	}
	kept := func() int { return again.log.count("refined by backpropagation") }
	eventually(t, "refining", func() bool { return kept()+again.log.count("refining made nothing better") == 1 })
	eventually(t, "its end", func() bool {
		list, err := again.Models(t.Context(), "motor")
		return err == nil && len(list.Refining) == 0
	})
	list, err := again.Models(t.Context(), "motor")
	if err != nil {
		t.Fatal(err)
	}
	refined := slices.IndexFunc(list.Models, func(m app.ModelInfo) bool { return m.Refines == info.Hash })
	if (refined >= 0) != (kept() == 1) {
		t.Errorf("kept %d, models %+v", kept(), list.Models)
	}
	if refined >= 0 && list.Models[refined].Network != "backpropagation" {
		t.Errorf("%+v", list.Models[refined])
	}
}

// Programs on the same store agree: what a command line puts in service is followed by the one that runs.
func TestServiceIsFollowed(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	line := newBench(w.publisher("motor"))
	line.lots(t, 10)
	dealtWith(t, w, "motor", line.samples)
	info, err := w.Teach(t.Context(), "motor", app.TeachRequest{From: line.at.Add(-time.Hour), To: line.at}, "anna", silent)
	if err != nil {
		t.Fatal(err)
	}
	outside := outsideModels(t, w)
	if err := app.ServeModel(t.Context(), outside, "motor", info.Hash, "ben", "from the shell", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the model", func() bool { return w.Status("motor").Model == info.Hash })
	if list, err := w.Models(t.Context(), "motor"); err != nil || list.By != "ben" || list.Comment != "from the shell" {
		t.Errorf("%+v, %v", list, err)
	}
	var calls atomic.Int32
	var group sync.WaitGroup
	for range 4 { // at once, from everywhere
		group.Go(func() {
			if _, err := w.PutInService(t.Context(), "motor", info.Hash, "carl", ""); err == nil {
				calls.Add(1)
			}
		})
	}
	group.Wait()
	if calls.Load() != 4 || w.log.count("stream exchanged") != 1 {
		t.Errorf("%d calls did, %d exchanges", calls.Load(), w.log.count("stream exchanged"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Teach(ctx, "motor", app.TeachRequest{Parts: 2}, "anna", silent); !errors.Is(err, context.Canceled) {
		t.Errorf("a lesson that was cancelled: %v", err)
	}
}

// outsideModels opens the models as a command line does, over a connection of its own.
func outsideModels(t *testing.T, w *watch) *archive.Store {
	t.Helper()
	url, token, err := broker.Door(w.cfg.Store.Dir)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := ingest.Connect(t.Context(), ingest.Options{URL: url, Token: token, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	store, err := app.OpenModels(t.Context(), js, w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
