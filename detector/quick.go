package detector

import "crackle/rnn/train"

// quickUnits is the least number of units of a network that is found in closed form: they are random, and it takes more of them than of learnt ones.
const quickUnits = 48

// solve finds the network in closed form: a fixed random GRU whose read-out is the ridge regression of each window on the state before it (an echo state
// network; Jaeger 2001, GMD report 148).
func (m *Model) solve(t *Teaching, data []Sequence) error {
	var seqs []train.Sequence
	for _, rows := range m.scaled(data) {
		if len(rows) > t.Warmup+1 {
			seqs = append(seqs, train.Sequence{X: rows[:len(rows)-1], Target: following(rows, t.Increment)})
		}
	}
	r, err := train.Reservoir(train.ReservoirConfig{Hidden: max(t.Hidden, quickUnits), Warmup: t.Warmup, Seed: t.Seed}, seqs)
	if err != nil {
		return err
	}
	m.Weights = r.Weights
	m.Record.FitLoss = r.Train
	return nil
}

// following is what each row but the last is followed by, or by how much that differs from it.
func following(rows [][]float32, increment bool) [][]float32 {
	if !increment {
		return rows[1:]
	}
	out := make([][]float32, len(rows)-1)
	for i := range out {
		d := make([]float32, len(rows[i]))
		for j := range d {
			d[j] = rows[i+1][j] - rows[i][j]
		}
		out[i] = d
	}
	return out
}
