package detector

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/detector/panel"
	"crackle/window"
)

// signal is an AR(1) process in two features, n windows of each of the parts.
func signal(seed uint64, parts, n int) *Lesson {
	r := rand.New(rand.NewPCG(seed, 7))
	var l Lesson
	at := uint64(0)
	for p := range parts {
		x := []float64{r.NormFloat64(), r.NormFloat64()}
		for i := range n {
			for j := range x {
				x[j] = 0.7*x[j] + 0.3*r.NormFloat64()
			}
			at += 10
			l.Add(&window.Window{Part: string(rune('a' + p)), Fresh: i == 0, First: at - 10, End: at, Features: []float32{float32(5 + x[0]), float32(100 + 10*x[1])}})
		}
	}
	return &l
}

func teaching() Teaching {
	return Teaching{
		Stream: "s", Conditioning: json.RawMessage(`{"rate_hz":1000,"features":["a","b"]}`), Features: []string{"a", "b"}, Units: []string{"V", "A"},
		MinChange: []float64{0, 0}, Margin: 1.25, Holdout: 0.2, Embargo: 2, Hidden: 6, Epochs: 30, LearningRate: 0.01, Seed: 1, Warmup: 4,
		Code: "test", Now: time.Unix(0, 0),
	}
}

func taught(t *testing.T) *Model {
	t.Helper()
	m, err := Teach(context.Background(), teaching(), signal(1, 10, 60))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// scores runs a detector over every window of a lesson.
func scores(t *testing.T, m *Model, l *Lesson) []Score {
	t.Helper()
	d, err := New(Config{Stream: "s", Model: m})
	if err != nil {
		t.Fatal(err)
	}
	var out []Score
	for _, q := range l.sequences {
		for i, r := range q.Rows {
			var s Score
			d.Score(&s, &window.Window{Part: q.Part, Fresh: i == 0, Features: r})
			out = append(out, s)
		}
	}
	return out
}

func TestDetectorTellsFaultFromNormal(t *testing.T) {
	m := taught(t)
	count := func(ss []Score) (above, assessed int) {
		for _, s := range ss {
			if s.Verdict != NotAssessed {
				assessed++
			}
			if s.Verdict == Alarm {
				above++
			}
		}
		return
	}
	normal, n := count(scores(t, m, signal(2, 10, 60)))
	if n != 10*(60-4) {
		t.Errorf("%d windows assessed, want all but 4 of warm-up in each of 10 parts", n)
	}
	if normal > n/50 {
		t.Errorf("%d of %d normal windows are above the limit", normal, n)
	}
	faulty := signal(3, 4, 60)
	for _, q := range faulty.sequences {
		for _, r := range q.Rows[30:] {
			r[1] += 40 // four standard deviations in the second feature
		}
	}
	ss := scores(t, m, faulty)
	above, _ := count(ss)
	if above < 4*30*8/10 {
		t.Errorf("%d of 120 faulty windows are above the limit", above)
	}
	s := ss[45]
	if c := s.Top[0]; c.Name != "b" || math.Abs(c.Got-c.Expected) < 20 || c.Share < 0.5 {
		t.Errorf("the cause of %+v is %+v, want feature b", s.Value, c)
	}
}

// A cut-off recording has the first scores of the whole one, bit for bit.
func TestDetectorIsCausal(t *testing.T) {
	m := taught(t)
	whole, part := signal(4, 1, 60), signal(4, 1, 60)
	part.sequences[0].Rows = part.sequences[0].Rows[:35]
	a, b := scores(t, m, whole), scores(t, m, part)
	for i := range b {
		if math.Float64bits(a[i].Value) != math.Float64bits(b[i].Value) {
			t.Fatalf("window %d: %v in the whole recording, %v in the cut-off one", i, a[i].Value, b[i].Value)
		}
	}
}

func TestDetectorRefusesBadWindows(t *testing.T) {
	m := taught(t)
	d, err := New(Config{Stream: "s", Model: m})
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	good := func(fresh bool) Score {
		var s Score
		at++
		d.Score(&s, &window.Window{Fresh: fresh, Features: []float32{5 + 0.01*float32(at%3), 100}})
		return s
	}
	for _, tc := range []struct {
		name string
		w    window.Window
		why  Reason
	}{
		{"gap", window.Window{Defects: window.Gap, Features: []float32{5, 100}}, SignalDefect},
		{"settling", window.Window{Defects: window.Settling, Features: []float32{5, 100}}, WarmingUp},
		{"NaN", window.Window{Features: []float32{float32(math.NaN()), 100}}, ScoreInvalid},
		{"Inf", window.Window{Features: []float32{5, float32(math.Inf(1))}}, ScoreInvalid},
		{"wrong width", window.Window{Features: []float32{5}}, SignalDefect},
		{"closing mark", window.Window{PartEnd: true}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for i := range 10 {
				if s := good(i == 0); (s.Verdict == NotAssessed) != (i < 4) {
					t.Fatalf("good window %d: %+v", i, s)
				}
			}
			var s Score
			d.Score(&s, &tc.w)
			if s.Verdict != NotAssessed || s.Reason != tc.why || !math.IsNaN(s.Value) {
				t.Errorf("got verdict %v, reason %v, value %v; want not assessed for reason %v", s.Verdict, s.Reason, s.Value, tc.why)
			}
			if tc.why != 0 {
				if s := good(false); s.Reason != WarmingUp {
					t.Errorf("the window after it has reason %v, want a new warm-up", s.Reason)
				}
			}
		})
	}
	var s Score
	d.Score(&s, &window.Window{Fresh: true, Features: []float32{5, 100}})
	for i := range 9 {
		d.Score(&s, &window.Window{Defects: window.Bridged, Features: []float32{math.MaxFloat32 / float32(1+i), -math.MaxFloat32}})
	}
	if s.Verdict != Alarm {
		t.Errorf("a window bridged but scorable and far off: %+v", s)
	}
}

// A dead or stuck sensor is not assessed, however normal its value; it does not teach anything either; and the signal's return is scored after a warm-up.
func TestFrozenSignalIsNotAssessed(t *testing.T) {
	m := taught(t)
	l := signal(6, 1, 40)
	rows := l.sequences[0].Rows
	for i := 20; i < 30; i++ {
		rows[i] = rows[19]
	}
	for i, s := range scores(t, m, l) {
		frozen := i >= 19+frozenAfter-1 && i < 30
		if (s.Reason == Frozen) != frozen || frozen && s.Verdict != NotAssessed {
			t.Errorf("window %d: verdict %v, reason %v; frozen: %v", i, s.Verdict, s.Reason, frozen)
		}
	}
	var lesson Lesson
	for i := range 50 {
		lesson.Add(&window.Window{Fresh: i == 0, Features: []float32{0, 0}})
	}
	if lesson.Rows() != frozenAfter-1 || lesson.Skipped() != 50-frozenAfter+1 {
		t.Errorf("%d windows of a dead sensor were taken as a lesson, %d skipped", lesson.Rows(), lesson.Skipped())
	}
}

// Changes below the tolerance are no alarm, larger ones are.
func TestMinChangeIsNoAlarm(t *testing.T) {
	c := teaching()
	c.MinChange = []float64{3, 1000}
	m, err := Teach(context.Background(), c, signal(1, 10, 60))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		feature int
		by      float32
		alarm   bool
	}{{0, 2, false}, {0, 20, true}, {1, 900, false}, {1, 3000, true}} {
		l := signal(3, 1, 60)
		for _, r := range l.sequences[0].Rows[30:] {
			r[tc.feature] += tc.by
		}
		alarms := 0
		for _, s := range scores(t, m, l) {
			if s.Verdict == Alarm {
				alarms++
			}
		}
		if (alarms > 0) != tc.alarm {
			t.Errorf("feature %d changed by %v: %d alarms", tc.feature, tc.by, alarms)
		}
	}
}

func TestModelFile(t *testing.T) {
	m := taught(t)
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again := taught(t)
	b2, err := again.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, b2) || m.Hash() != again.Hash() {
		t.Error("the same lesson and seed give another file")
	}
	back, err := ParseModel(b)
	if err != nil {
		t.Fatal(err)
	}
	l := signal(5, 2, 30)
	x, y := scores(t, m, l), scores(t, back, l)
	for i := range x {
		if math.Float64bits(x[i].Value) != math.Float64bits(y[i].Value) {
			t.Fatalf("window %d scores %v, and %v after the file", i, x[i].Value, y[i].Value)
		}
	}
	if _, err := ParseModel(b[:len(b)-1]); err == nil {
		t.Error("a truncated file was read")
	}
	b[len(b)-3] ^= 1 // in the last tensor
	if _, err := ParseModel(b); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a file with a flipped bit was read: %v", err)
	}
	bad := *m
	bad.Allowed = []float64{1, 0}
	b, err = bad.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseModel(b); err == nil || !strings.Contains(err.Error(), "allowed") {
		t.Errorf("a model that allows no deviation was read: %v", err)
	}
}

func TestContradictions(t *testing.T) {
	m := &Model{Meta: Meta{Conditioning: json.RawMessage(`{"rate_hz":1000,"filter":{"order":4},"features":["a"]}`)}}
	for text, want := range map[string][]string{
		`{"features":["a"],"rate_hz":1000,"filter":{"order":4}}`: nil,
		`{"rate_hz":2000,"filter":{"order":2},"features":["a"]}`: {"filter.order: stream 2, model 4", "rate_hz: stream 2000, model 1000"},
		`{"rate_hz":1000,"features":["a","b"]}`:                  {`features: stream ["a","b"], model ["a"]`, `filter: stream null, model {"order":4}`},
	} {
		got, err := m.Contradictions(json.RawMessage(text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestTeachRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Teaching)
		lesson *Lesson
		want   string
	}{
		{"no windows", func(*Teaching) {}, &Lesson{}, "record more"},
		{"few windows", func(*Teaching) {}, signal(1, 2, 12), "record more"},
		{"no warm-up", func(t *Teaching) { t.Warmup = 0 }, signal(1, 5, 60), "warm-up"},
		{"margin", func(t *Teaching) { t.Margin = 0.5 }, signal(1, 5, 60), "margin"},
		{"learning rate", func(t *Teaching) { t.LearningRate = 0 }, signal(1, 5, 60), "learning_rate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := teaching()
			tc.change(&c)
			if _, err := Teach(context.Background(), c, tc.lesson); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Teach(ctx, teaching(), signal(1, 5, 60)); err == nil {
		t.Error("taught under a context that has ended")
	}
}

// A network that diverges is left out, and the model says so.
func TestDivergedNetworkIsLeftOut(t *testing.T) {
	c := teaching()
	c.LearningRate = 1e30
	m, err := Teach(context.Background(), c, signal(1, 10, 60))
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(m.Members, "gru") || !slices.ContainsFunc(m.Absent, func(a panel.Absence) bool {
		return a.Member == "gru" && strings.Contains(a.Why, "learning_rate")
	}) {
		t.Errorf("members %v, absent %+v", m.Members, m.Absent)
	}
}

// A model without any network is a model, too.
func TestModelWithoutNetworks(t *testing.T) {
	c := teaching()
	c.Without = []string{"gru", "autoencoder"}
	m, err := Teach(context.Background(), c, signal(1, 10, 60))
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseModel(b)
	if err != nil || again.Hash() != m.Hash() || slices.Contains(m.Members, "gru") {
		t.Fatalf("members %v, read again: %v", m.Members, err)
	}
	bad := signal(2, 1, 60)
	for _, r := range bad.sequences[0].Rows[30:] {
		r[1] += 60
	}
	if ss := scores(t, again, bad); ss[45].Verdict != Alarm || ss[45].Top[0].Name != "b" {
		t.Errorf("the fault: %+v", ss[45])
	}
	c.Without = []string{"oracle"}
	if _, err := Teach(context.Background(), c, signal(1, 10, 60)); err == nil || !strings.Contains(err.Error(), "oracle") {
		t.Errorf("an unknown member to leave out: %v", err)
	}
}

// Stretches that are broken off before an alarm can begin support no promise; the model says so, and can be kept.
func TestBrokenLessonPromisesNothing(t *testing.T) {
	c := teaching()
	c.Budget = panel.Budget{RowsPerDay: 86400, On: 2, Of: 3, Off: 3}
	l := signal(1, 200, c.Warmup+1) // one window of each run is judged, an alarm takes two
	for i := range l.sequences {
		l.sequences[i].Part = l.sequences[i/2*2].Part // parts that are broken off once
	}
	m, err := Teach(context.Background(), c, l)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseModel(b); err != nil || again.Promise != m.Promise {
		t.Errorf("read again: %+v, %v", again, err)
	}
	if m.Promise.Rows != 0 || m.Promise.Days != 0 || !strings.Contains(m.Provisional, "long enough for an alarm (2 of 3 windows above the limit, after a warm-up of 4)") {
		t.Errorf("promise %+v, provisional %q", m.Promise, m.Provisional)
	}
}

// Whole parts with fewer windows than an alarm takes are judged by the same share of them, and a budget is set on that.
func TestShortPartsSupportABudget(t *testing.T) {
	c := teaching()
	c.Budget = panel.Budget{PerThousandParts: 20, RowsPerDay: 86400, On: 2, Of: 3, Off: 3}
	m, err := Teach(context.Background(), c, signal(1, 400, c.Warmup+1))
	if err != nil {
		t.Fatal(err)
	}
	if m.Promise.Rows != m.Record.HeldRows || m.Promise.Rows != 80 || m.Provisional != "" {
		t.Errorf("promise %+v of %d windows, provisional %q", m.Promise, m.Record.HeldRows, m.Provisional)
	}
	above := 0
	for _, s := range scores(t, m, signal(2, 1000, c.Warmup+1)) {
		if s.Verdict == Alarm {
			above++
		}
	}
	if above > 50 {
		t.Errorf("%d of 1,000 good parts are above the limit, and 20 were asked for", above)
	}
}

func TestConstantFeatureIsNoFault(t *testing.T) {
	l := signal(1, 10, 60)
	for _, r := range rows(l.sequences) {
		r[0] = 0
	}
	m, err := Teach(context.Background(), teaching(), l)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range scores(t, m, l) {
		if s.Verdict != NotAssessed && math.IsNaN(s.Value) {
			t.Fatalf("window %d: %+v", i, s)
		}
	}
}
