package member

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// differentiables are members that have gradients, on rows of d channels.
func differentiables(t testing.TB, rows [][]float64) []Differentiable {
	t.Helper()
	f, err := NewForecaster(ForecasterConfig{Hidden: 24, Seed: 3}, rows)
	if err != nil {
		t.Fatal(err)
	}
	smooth, err := NewForecaster(ForecasterConfig{Hidden: 16, Smooth: 0.3, Seed: 4}, rows)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAutoEncoder(context.Background(), AutoEncoderConfig{Hidden: 6, Window: 12, Epochs: 4, Seed: 5}, rows)
	if err != nil {
		t.Fatal(err)
	}
	return []Differentiable{f, smooth, a}
}

// waves are rows that follow from their past, with a channel that never moves.
func waves(n, d int, seed uint64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 8))
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, d)
		for j := range d - 1 {
			out[i][j] = 3*float64(j) + (1+float64(j))*math.Sin(float64(i)*(0.1+0.07*float64(j))) + 0.2*r.NormFloat64()
		}
	}
	return out
}

// TestGradientScoresAreTheMembers holds the calculator's scores against the streaming member's.
func TestGradientScoresAreTheMembers(t *testing.T) {
	rows := waves(400, 4, 1)
	for _, m := range differentiables(t, rows) {
		g, err := m.Gradients()
		if err != nil {
			t.Fatal(err)
		}
		seqs := [][][]float64{rows[:90], rows[40:77], rows[100:103]}
		got := make([]float64, len(seqs))
		if err := g.Scores(got, seqs); err != nil {
			t.Fatal(err)
		}
		for i, seq := range seqs {
			m.Reset()
			s := Scores(m, seq)
			want := s[len(s)-1]
			if math.IsNaN(want) != math.IsNaN(got[i]) || math.Abs(want-got[i]) > 1e-5*math.Abs(want) {
				t.Errorf("%s, sequence %d: %v, streaming gives %v", m.Name(), i, got[i], want)
			}
		}
	}
}

// TestMemberGradientsAreDerivatives holds them against central differences.
func TestMemberGradientsAreDerivatives(t *testing.T) {
	rows := waves(400, 4, 2)
	for _, m := range differentiables(t, rows) {
		g, err := m.Gradients()
		if err != nil {
			t.Fatal(err)
		}
		seq := make([][]float64, 45)
		dx := make([][]float64, len(seq))
		for i := range seq {
			seq[i] = append([]float64(nil), rows[100+i]...)
			dx[i] = make([]float64, 4)
		}
		seq[44][1] += 2
		seq[43][2] = 1e3 // held in: its derivative is 0
		score := make([]float64, 1)
		if err := g.Gradient(score, [][][]float64{seq}, func(int) [][]float64 { return dx }, 2); err != nil {
			t.Fatal(err)
		}
		top := 0.0
		for _, r := range dx {
			for _, v := range r {
				top = max(top, math.Abs(v)/2)
			}
		}
		if dx[43][2] != 0 || dx[44][3] != 0 {
			t.Errorf("%s: a value that is held in and a channel that never moved have derivatives %v and %v", m.Name(), dx[43][2], dx[44][3])
		}
		value := func() float64 {
			if err := g.Scores(score, [][][]float64{seq}); err != nil {
				t.Fatal(err)
			}
			return score[0]
		}
		const eps = 2e-3
		for _, step := range []int{44, 43, 40, 34} {
			for j := range 3 {
				if seq[step][j] > 100 {
					continue
				}
				old := seq[step][j]
				seq[step][j] = old + eps
				up := value()
				seq[step][j] = old - eps
				down := value()
				seq[step][j] = old
				if want := (up - down) / (2 * eps); math.Abs(dx[step][j]/2-want) > 0.02*top {
					t.Errorf("%s: derivative by row %d, channel %d is %.5f, differences say %.5f (largest %.5f)", m.Name(), step, j, dx[step][j]/2, want, top)
				}
			}
		}
	}
}

func TestRandomisedMembersScoreOtherwise(t *testing.T) {
	rows := waves(400, 4, 3)
	for _, m := range differentiables(t, rows) {
		before := m.Score(rows[0])
		o, err := m.Randomised(7)
		if err != nil {
			t.Fatal(err)
		}
		m.Reset()
		o.Reset()
		a, b := Scores(m, rows[:60]), Scores(o, rows[:60])
		if math.IsNaN(b[59]) || a[59] == b[59] {
			t.Errorf("%s scores %v, randomised %v", m.Name(), a[59], b[59])
		}
		m.Reset()
		if again := m.Score(rows[0]); again != before && !(math.IsNaN(again) && math.IsNaN(before)) {
			t.Errorf("%s was changed", m.Name())
		}
		s := Scores(m, rows[1:60])
		if s[58] != a[59] {
			t.Errorf("%s scores %v after a randomised copy ran, %v before", m.Name(), s[58], a[59])
		}
	}
}

func TestGradientsRefuse(t *testing.T) {
	rows := waves(400, 4, 4)
	for _, m := range differentiables(t, rows) {
		g, err := m.Gradients()
		if err != nil {
			t.Fatal(err)
		}
		s := make([]float64, 1)
		if err := g.Scores(s, [][][]float64{{{1, 2}}}); err == nil {
			t.Errorf("%s: a row of 2 channels is taken", m.Name())
		}
		if err := g.Scores(s, [][][]float64{{{1, 2, math.NaN(), 0}}}); err == nil {
			t.Errorf("%s: a row with NaN is taken", m.Name())
		}
	}
}
