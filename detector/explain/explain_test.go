package explain

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/detector"
	"crackle/detector/member"
	"crackle/window"
)

// waves are rows that follow from their past.
func waves(n, d int, seed uint64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 8))
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, d)
		for j := range d {
			out[i][j] = 3*float64(j) + (1+float64(j%4))*math.Sin(float64(i)*(0.1+0.07*float64(j))) + 0.2*r.NormFloat64()
		}
	}
	return out
}

// usual gives means and deviations.
func usual(rows [][]float64) (mean, sd []float64) {
	mean, sd = make([]float64, len(rows[0])), make([]float64, len(rows[0]))
	for j := range mean {
		for _, r := range rows {
			mean[j] += r[j] / float64(len(rows))
		}
		for _, r := range rows {
			sd[j] += (r[j] - mean[j]) * (r[j] - mean[j]) / float64(len(rows))
		}
		sd[j] = math.Sqrt(sd[j])
	}
	return mean, sd
}

// everyMember is one of each kind.
func everyMember(t testing.TB, rows [][]float64) []member.Member {
	t.Helper()
	var out []member.Member
	for _, fit := range []member.Fit{
		func(r [][]float64) (member.Member, error) {
			return member.NewForecaster(member.ForecasterConfig{Seed: 1}, r)
		},
		func(r [][]float64) (member.Member, error) {
			return member.NewAutoEncoder(context.Background(), member.AutoEncoderConfig{Epochs: 3, Seed: 2}, r)
		},
		func(r [][]float64) (member.Member, error) { return member.NewLevel(member.LevelConfig{}, r) },
		func(r [][]float64) (member.Member, error) { return member.NewSpread(member.LevelConfig{}, r) },
		func(r [][]float64) (member.Member, error) { return member.NewShift(member.ShiftConfig{}, r) },
		func(r [][]float64) (member.Member, error) { return member.NewSubspace(r) },
		func(r [][]float64) (member.Member, error) { return member.NewRMS(r) },
		func(r [][]float64) (member.Member, error) { return member.NewCUSUM(member.CUSUMConfig{}, r) },
		func(r [][]float64) (member.Member, error) {
			return member.NewNovelty(member.NoveltyConfig{Channel: 1}, r)
		},
		func(r [][]float64) (member.Member, error) { return member.NewNovelties(r) },
		func(r [][]float64) (member.Member, error) { return member.NewWatch(member.WatchConfig{}, r) },
		func(r [][]float64) (member.Member, error) {
			mean, sd := usual(r)
			return member.NewGRU(context.Background(), member.GRUConfig{Hidden: 16, Seed: 1, Warmup: 8, Quick: true}, mean, sd, [][][]float64{r})
		},
	} {
		m, err := fit(rows)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// TestEveryMemberNamesTheFault moves one feature and expects every member, by every method that it has, to name it first.
func TestEveryMemberNamesTheFault(t *testing.T) {
	lesson := waves(500, 4, 1)
	mean, sd := usual(lesson)
	for _, m := range everyMember(t, lesson) {
		rows := waves(150, 4, 2)
		for i := 140; i < 150; i++ {
			rows[i][1] += 14
		}
		if m.Name() == "spread" { // it sees texture
			for i := 110; i < 150; i++ {
				rows[i][1] += 14 * float64(1-2*(i%2))
			}
		}
		for _, method := range append([]Method{Auto}, Methods...) {
			x, err := Member(m, rows, Config{Method: method, Rows: 100, Usual: mean, Spread: sd, Features: []string{"a.rms", "b.rms", "c.rms", "ratio"}, Units: []string{"A", "V", "1", "ln x"}, Channels: []string{"a", "b", "c"}})
			if err != nil {
				_, additive := m.(member.Additive)
				_, differentiable := m.(member.Differentiable)
				if method == Contributions && !additive || (method == Integrated || method == Saliency) && !differentiable || method == Attention && strings.Contains(err.Error(), m.Name()+" has no attention") {
					continue
				}
				t.Fatalf("%s by %q: %v", m.Name(), method, err)
			}
			if x.Sums != nil && !x.Sums.Complete {
				t.Errorf("%s by %s: the map sums to %v, it should to %v", m.Name(), x.Method, x.Sums.Got, x.Sums.Want)
			}
			if x.Caution == "" || len(x.ByChan) != 4 || x.ByChan[1].Gave != x.ByFeat[1] || x.ByChan[3].Name != "several" {
				t.Errorf("%s by %s: caution %q, channels %v", m.Name(), x.Method, x.Caution, x.ByChan)
			}
			switch {
			case method == Saliency, m.Name() == "autoencoder": // what would change, not what happened; and one that was hardly trained
				continue
			case m.Name() == "spread": // a value replaced by a constant has less texture than is usual; and textures here go together
				continue
			}
			if len(x.Top) == 0 || x.Top[0].Name != "b.rms" || !strings.Contains(x.Top[0].Words, " V was expected, ") {
				t.Errorf("%s by %s: %+v", m.Name(), x.Method, x.Top)
			}
		}
	}
}

// TestControlTellsLearnedFromRandom: the fault explained by a random network is another.
func TestControlTellsLearnedFromRandom(t *testing.T) {
	lesson := waves(500, 4, 3)
	mean, _ := usual(lesson)
	f, err := member.NewForecaster(member.ForecasterConfig{Seed: 1}, lesson)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Member(f, waves(120, 4, 4), Config{Usual: mean, Control: true})
	if err != nil {
		t.Fatal(err)
	}
	if x.Control == nil || !x.Control.Differs || x.Method != Integrated {
		t.Errorf("method %s, control %+v", x.Method, x.Control)
	}
	if same := rankCorrelation(sizes(x.Map), sizes(x.Map)); math.Abs(same-1) > 1e-12 {
		t.Errorf("a map correlates with itself by %v", same)
	}
}

func TestRankCorrelation(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{10, 20, 1000}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 1, 1}, []float64{3, 2, 1}, 0},
		{[]float64{1, 2, 2, 3}, []float64{1, 3, 2, 4}, 0.9486832980505138},
	} {
		if got := rankCorrelation(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestBlocks(t *testing.T) {
	if got := blocks(9); !slices.Equal(got, [][2]int{{8, 9}, {7, 8}, {4, 7}, {0, 4}}) {
		t.Error(got)
	}
	if got := blocks(1); !slices.Equal(got, [][2]int{{0, 1}}) {
		t.Error(got)
	}
}

func TestMemberRefuses(t *testing.T) {
	lesson := waves(300, 2, 5)
	mean, _ := usual(lesson)
	m, err := member.NewRMS(lesson)
	if err != nil {
		t.Fatal(err)
	}
	bad := waves(5, 2, 6)
	bad[2][1] = math.NaN()
	for want, run := range map[string]func() error{
		"no rows":             func() error { _, err := Member(m, nil, Config{Usual: mean}); return err },
		"usual values":        func() error { _, err := Member(m, lesson, Config{}); return err },
		"NaN":                 func() error { _, err := Member(m, bad, Config{Usual: mean}); return err },
		"rests on no network": func() error { _, err := Member(m, lesson, Config{Usual: mean, Method: Saliency}); return err },
		"unknown":             func() error { _, err := Member(m, lesson, Config{Usual: mean, Method: "magic"}); return err },
		"names":               func() error { _, err := Member(m, lesson, Config{Usual: mean, Features: []string{"a"}}); return err },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func taught(t testing.TB, increment bool) (*detector.Model, [][]float64) {
	t.Helper()
	rows := waves(500, 3, 7)
	var l detector.Lesson
	for i, r := range rows {
		l.Add(&window.Window{Fresh: i == 0, First: uint64(i) * 10, End: uint64(i+1) * 10, Features: row32(r)})
	}
	m, err := detector.Teach(context.Background(), detector.Teaching{
		Stream: "s", Conditioning: json.RawMessage("{}"), Features: []string{"a.rms", "a.peak", "b.rms"}, Units: []string{"A", "A", "V"},
		MinChange: []float64{0, 0, 0}, Margin: 1.25, Holdout: 0.2, Hidden: 8, Epochs: 20, LearningRate: 0.01, Seed: 1, Warmup: 8, Increment: increment, Now: time.Unix(0, 0),
	}, &l)
	if err != nil {
		t.Fatal(err)
	}
	return m, rows
}

func row32(r []float64) []float32 {
	out := make([]float32, len(r))
	for j, v := range r {
		out[j] = float32(v)
	}
	return out
}

// TestWindowsExplainsEveryMember of a model's panel, the one that spoke when none is named, and what each has a method for; the fault comes first.
func TestWindowsExplainsEveryMember(t *testing.T) {
	for _, increment := range []bool{false, true} {
		m, rows := taught(t, increment)
		var ws []window.Window
		for i, r := range rows[:60] {
			ws = append(ws, window.Window{Fresh: i == 0, Features: row32(r)})
		}
		ws[59].Features[2] += 9
		for _, name := range append([]string{""}, m.Members...) {
			for _, method := range []Method{Auto, Masking} {
				x, err := Windows(m, ws, Config{Member: name, Method: method, Control: true, Channels: []string{"a", "b"}})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if name != "" && x.Member != name || name == "" && x.Member != x.Verdict.Member || x.Verdict.Verdict != detector.Alarm {
					t.Errorf("asked for %q: member %s, verdict %+v", name, x.Member, x.Verdict)
				}
				if name == "spread" { // a single value has no texture
					continue
				}
				if x.Top[0].Name != "b.rms" || math.Abs(x.Top[0].Got-float64(ws[59].Features[2])) > 1e-6 {
					t.Errorf("increment %v, %s by %s: %+v", increment, x.Member, x.Method, x.Top)
				}
				if x.Sums != nil && !x.Sums.Complete || (x.Control != nil) != (x.Member == "gru" || x.Member == "autoencoder") {
					t.Errorf("increment %v, %s by %s: completeness %+v, control %+v", increment, x.Member, x.Method, x.Sums, x.Control)
				}
			}
		}
		if _, err := Windows(m, ws, Config{Member: "oracle"}); err == nil || !strings.Contains(err.Error(), "it has gru, ") {
			t.Errorf("a member that there is not: %v", err)
		}
	}
}

// hidden shows nothing of a member but its score.
type hidden struct{ member.Member }

// TestMaskingIsTheSameAnyWay: with pasts kept, part by part, and many at once with the shared beginning computed once, cells come out as when every
// copy is scored from the beginning.
func TestMaskingIsTheSameAnyWay(t *testing.T) {
	lesson := waves(500, 3, 1)
	mean, _ := usual(lesson)
	rows := waves(90, 3, 2)
	rows[88][1] += 6
	rows[89][1] += 9
	for _, m := range everyMember(t, lesson) {
		quick, err := Member(m, rows, Config{Method: Masking, Usual: mean})
		if err != nil {
			t.Fatal(err)
		}
		slow, err := Member(hidden{m}, rows, Config{Method: Masking, Usual: mean})
		if err != nil {
			t.Fatal(err)
		}
		tolerance := 0.0
		if _, ok := m.(member.Differentiable); ok { // float32 in another order
			tolerance = 2e-3 * slow.Score
		}
		for t1, r := range slow.Map {
			for j, want := range r {
				if got := quick.Map[t1][j]; !(math.Abs(got-want) <= tolerance) {
					t.Fatalf("%s: row %d, feature %d gave %v, scored from the beginning %v", m.Name(), t1, j, got, want)
				}
			}
		}
	}
}

// TestExplainedScoreIsTheDetectors holds the member explained against the detector.
func TestExplainedScoreIsTheDetectors(t *testing.T) {
	m, rows := taught(t, true)
	ws := []window.Window{}
	for i, r := range rows[:40] {
		ws = append(ws, window.Window{Fresh: i == 0, Features: row32(r)})
	}
	ws[35].Features[1] += 300 // far outside, held in where the network reads it
	x, err := Windows(m, ws, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(x.Streamed-x.Score) > 1e-4*x.Score {
		t.Errorf("streamed %v, explained %v", x.Streamed, x.Score)
	}
	if v := x.Verdict.Raw; math.Abs(x.Streamed-v) > 1e-6*v {
		t.Errorf("streamed %v, the detector says %v", x.Streamed, v)
	}
}

func TestWindowsRefusesWhatHasNoScore(t *testing.T) {
	m, rows := taught(t, false)
	ws := []window.Window{{Fresh: true, Features: row32(rows[0])}}
	if _, err := Windows(m, ws, Config{}); err == nil || !strings.Contains(err.Error(), "not assessed") {
		t.Error(err)
	}
	if _, err := Windows(m, nil, Config{}); err == nil {
		t.Error("no windows are explained")
	}
}
