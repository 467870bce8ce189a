package train

import (
	"math"
	"testing"

	"crackle/rnn"
)

func TestReservoirPredictsTheNextRow(t *testing.T) {
	rows := sines(2000, 4, 3)
	q := Sequence{X: rows[:1999], Target: rows[1:]}
	res, err := Reservoir(ReservoirConfig{Seed: 1}, []Sequence{q})
	if err != nil {
		t.Fatal(err)
	}
	if !(res.Train < 0.002) || res.Rows != 1991 {
		t.Errorf("loss %.5f over %d rows, want below 0.002 over 1991", res.Train, res.Rows)
	}
	// The loss from the normal equations is that of the network itself.
	n, err := rnn.New(res.Weights)
	if err != nil {
		t.Fatal(err)
	}
	s, y := n.NewState(), make([]float32, 4)
	var sum float64
	for i, x := range q.X {
		if err := n.Step(y, x, s); err != nil {
			t.Fatal(err)
		}
		for j, v := range y {
			if i >= 8 {
				e := float64(v) - float64(q.Target[i][j])
				sum += e * e
			}
		}
	}
	if got := sum / 1991 / 4; math.Abs(got-res.Train) > 1e-4*got+1e-7 {
		t.Errorf("the network has loss %.6f, the solution says %.6f", got, res.Train)
	}
}

func TestReservoirRefuses(t *testing.T) {
	if _, err := Reservoir(ReservoirConfig{}, nil); err == nil {
		t.Error("no sequences were taken")
	}
	if _, err := Reservoir(ReservoirConfig{}, []Sequence{{X: [][]float32{{1}}, Target: [][]float32{{1}}}}); err == nil {
		t.Error("a sequence shorter than the warm-up was taken")
	}
	if _, err := Reservoir(ReservoirConfig{Ridge: -1}, []Sequence{{X: sines(20, 1, 1), Target: sines(20, 1, 1)}}); err == nil {
		t.Error("a negative ridge was taken")
	}
}
