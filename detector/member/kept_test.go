package member_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector/member"
	"crackle/rnn"
)

// networked is a member whose network is kept beside its JSON.
type networked interface {
	Weights() *rnn.Weights
	SetWeights(*rnn.Weights) error
}

// kept are all members that a model can hold, and an empty one of each kind.
func kept(t testing.TB) (have, empty []member.Kept) {
	t.Helper()
	rows := quiet(400, 1)
	rows[3][2] += 0.1
	add := func(m, e member.Kept, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		have, empty = append(have, m), append(empty, e)
	}
	level, err := member.NewLevel(member.LevelConfig{}, rows)
	add(level, &member.Level{}, err)
	spread, err := member.NewSpread(member.LevelConfig{}, rows)
	add(spread, &member.Spread{}, err)
	shift, err := member.NewShift(member.ShiftConfig{}, rows)
	add(shift, &member.Shift{}, err)
	cusum, err := member.NewCUSUM(member.CUSUMConfig{}, rows)
	add(cusum, &member.CUSUM{}, err)
	rms, err := member.NewRMS(rows)
	add(rms, &member.RMS{}, err)
	subspace, err := member.NewSubspace(rows)
	add(subspace, &member.Subspace{}, err)
	novelty, err := member.NewNovelties(rows)
	add(novelty, &member.Novelties{}, err)
	forecaster, err := member.NewForecaster(member.ForecasterConfig{Hidden: 40}, rows)
	add(forecaster, &member.Forecaster{}, err)
	autoencoder, err := member.NewAutoEncoder(context.Background(), member.AutoEncoderConfig{Epochs: 10}, rows)
	add(autoencoder, &member.AutoEncoder{}, err)
	gru, err := member.NewGRU(context.Background(), member.GRUConfig{Hidden: 8, Epochs: 60, Rate: 0.01, Warmup: 4}, []float64{5, 100, 0}, []float64{1, 2, 2}, [][][]float64{rows[:300]})
	add(gru, &member.GRU{}, err)
	gru.Measure([][][]float64{rows[300:]}, []float64{0.01, 0.01, 0.01})
	return have, empty
}

func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }

// faulty is normal for 200 rows, then the first channel leaves.
func faulty() [][]float64 {
	run := quiet(320, 2)
	for i := 200; i < 260; i++ {
		run[i][0] += 9 + 4*float64(i%2*2-1) // it jumps and shakes: a jump alone is not texture
	}
	run[150][1] = math.NaN()
	return run
}

// Every member that was kept and read again gives the same scores and causes to the bit.
func TestEveryKeptMemberScoresTheSame(t *testing.T) {
	have, again := kept(t)
	for k, m := range have {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, again[k]); err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		if n, ok := m.(networked); ok {
			if err := again[k].(networked).SetWeights(n.Weights()); err != nil {
				t.Fatal(err)
			}
		}
		if again[k].Width() != 3 || again[k].Name() != m.Name() {
			t.Errorf("%s came back as %s of %d features", m.Name(), again[k].Name(), again[k].Width())
		}
		m.Reset()
		x, y := member.NewCauses(3), member.NewCauses(3)
		for i, r := range faulty() {
			a, b := m.Score(r), again[k].Score(r)
			if !same(a, b) {
				t.Fatalf("%s, row %d: %v and %v", m.Name(), i, a, b)
			}
			if a != a {
				continue
			}
			m.Causes(x)
			again[k].Causes(y)
			for j := range 3 {
				if !same(x.Share[j], y.Share[j]) || !same(x.Got[j], y.Got[j]) || !same(x.Expected[j], y.Expected[j]) || !(x.Share[j] >= 0) {
					t.Fatalf("%s, row %d, feature %d: causes %+v and %+v", m.Name(), i, j, x, y)
				}
			}
		}
	}
}

// Each member says that the first feature spoke, and what it found and expected is on the right side.
func TestEveryMemberNamesItsCause(t *testing.T) {
	have, _ := kept(t)
	for _, m := range have {
		m.Reset()
		c := member.NewCauses(3)
		named := false
		for i, r := range faulty() {
			s := m.Score(r)
			if i < 200 || i > 215 || s != s {
				continue
			}
			m.Causes(c)
			if c.Share[0] > c.Share[1] && c.Share[0] > 0.8*c.Share[2] && math.Abs(c.Got[0]-c.Expected[0]) > 0.3 {
				named = true
			}
		}
		if !named {
			t.Errorf("%s does not name the feature that left: %+v", m.Name(), c)
		}
	}
}

// Every member that is stopped anywhere and goes on from its past in another one scores to the same bits.
func TestEveryMemberGoesOnFromItsPast(t *testing.T) {
	have, _ := kept(t)
	other, _ := kept(t)
	run := faulty()
	rapid.Check(t, func(t *rapid.T) {
		stop, past := rapid.IntRange(0, len(run)-1).Draw(t, "stop"), rapid.IntRange(0, 50).Draw(t, "past")
		k := rapid.IntRange(0, len(have)-1).Draw(t, "member")
		m, o := have[k], other[k]
		m.Reset()
		o.Reset()
		member.Scores(m, run[:stop])
		member.Scores(o, run[100:100+past]) // to be overwritten
		state := new(member.Saver).Append([]byte("x"), m)[1:]
		if err := member.RestoreState(state, o); err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		for i, r := range run[stop:] {
			if a, b := m.Score(r), o.Score(r); !same(a, b) {
				t.Fatalf("%s stopped at %d, row %d: %v, restored %v", m.Name(), stop, stop+i, a, b)
			}
		}
	})
}

// A past that is cut off or too long is refused, and the member starts fresh.
func TestForeignPastsAreRefused(t *testing.T) {
	have, _ := kept(t)
	run := faulty()
	for _, m := range have {
		m.Reset()
		fresh := new(member.Saver).Append(nil, m)
		member.Scores(m, run)
		state := new(member.Saver).Append(nil, m)
		if len(state) == 0 { // it has no past
			continue
		}
		for _, bad := range [][]byte{nil, state[:len(state)-1], append(append([]byte(nil), state...), 1)} {
			if member.RestoreState(bad, m) == nil {
				t.Errorf("%s: %d bytes of a past of %d were taken", m.Name(), len(bad), len(state))
			}
		}
		m.Reset()
		if len(new(member.Saver).Append(nil, m)) > len(state) || len(fresh) > len(state) {
			t.Errorf("%s: a fresh past is longer than a full one", m.Name())
		}
	}
}

// Files whose lengths or numbers do not fit are refused; networks of another shape too.
func TestForeignFilesAreRefused(t *testing.T) {
	_, empty := kept(t)
	for _, m := range empty {
		for _, bad := range []string{`[]`, `{}`, `{"width":3,"channels":[{"config":{"Channel":7},"median":0,"width":1}]}`, `{"mean":[1],"sd":[-1]}`,
			`{"mean":[0],"sd":[],"axes":[],"lengths":[1]}`, `{"middle":[0],"width":[0],"unit":[1],"warmup":1}`,
			`{"hidden":2,"window":99999999,"picks":2,"scaler":{"mean":[0],"sd":[1],"clip":6}}`, `{"config":{"Slack":-1},"scaler":{"mean":[0],"sd":[1],"clip":6}}`} {
			if err := json.Unmarshal([]byte(bad), m); err == nil {
				t.Errorf("%T took %s", m, bad)
			}
		}
	}
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 7, Hidden: 2, Layers: 1, Head: rnn.HeadLinear, Output: 7})
	if err != nil {
		t.Fatal(err)
	}
	have, _ := kept(t)
	for _, m := range have {
		if n, ok := m.(networked); ok && n.SetWeights(w) == nil {
			t.Errorf("%s took a network of 7 features", m.Name())
		}
	}
}

// A step and what it rests on allocate nothing.
func TestCausesAllocateNothing(t *testing.T) {
	have, _ := kept(t)
	run := quiet(600, 3)
	c := member.NewCauses(3)
	for _, m := range have {
		member.Scores(m, run)
		i := 0
		if n := testing.AllocsPerRun(300, func() {
			m.Score(run[i%len(run)])
			m.Causes(c)
			i++
		}); n != 0 {
			t.Errorf("%s: %v allocations a step", m.Name(), n)
		}
	}
}

func TestNoveltiesRefuseAConstant(t *testing.T) {
	rows := make([][]float64, 60)
	for i := range rows {
		rows[i] = []float64{1, 2}
	}
	if _, err := member.NewNovelties(rows); !errors.Is(err, member.ErrConstant) {
		t.Errorf("constant rows: %v", err)
	}
}
