package explain

import (
	"encoding"
	"fmt"
	"slices"

	"crackle/detector/member"
)

// keeper saves and brings back the past of a member, so that rows before the first one masked need not be scored again.
type keeper struct {
	save func() ([]byte, error)
	load func([]byte) error
}

// keeperOf is nil for a member whose past cannot be kept.
func keeperOf(m member.Member) *keeper {
	switch k := m.(type) {
	case member.Kept:
		return &keeper{func() ([]byte, error) { return new(member.Saver).Append(nil, k), nil }, func(b []byte) error { return member.RestoreState(b, k) }}
	case interface {
		encoding.BinaryMarshaler
		encoding.BinaryUnmarshaler
	}:
		return &keeper{k.MarshalBinary, k.UnmarshalBinary}
	}
	return nil
}

// blocks cuts n rows into stretches that grow threefold in length from the last row back: 1, 1, 3, 9, ... What lies far back matters as a whole.
func blocks(n int) [][2]int {
	var out [][2]int
	size := 1
	for to := n; to > 0; {
		from := max(0, to-size)
		out = append(out, [2]int{from, to})
		if to < n {
			size *= 3
		}
		to = from
	}
	return out
}

// cell is a feature in a stretch of rows.
type cell struct{ feature, from, to int }

// mask takes values away, feature by feature over all rows looked at and then in stretches of rows, and notes how much the score falls.
func (x *Explanation) mask(m member.Member, rows [][]float64, usual []float64) error {
	var cells []cell
	for j := range usual {
		cells = append(cells, cell{j, 0, len(x.rows)})
	}
	for _, b := range blocks(len(x.rows)) {
		for j := range usual {
			cells = append(cells, cell{j, b[0], b[1]})
		}
	}
	scores, err := x.masked(m, rows, usual, cells)
	if err != nil {
		return err
	}
	x.ByFeat = make([]float64, len(usual))
	for i, c := range cells {
		fall := x.Score - scores[i]
		if i < len(usual) {
			x.ByFeat[c.feature] = fall
			continue
		}
		for t := c.from; t < c.to; t++ {
			x.Map[t][c.feature] = fall / float64(c.to-c.from)
		}
	}
	return nil
}

// masked gives the score of the last row with each cell's values replaced.
func (x *Explanation) masked(m member.Member, rows [][]float64, usual []float64, cells []cell) ([]float64, error) {
	if d, ok := m.(member.Differentiable); ok {
		return x.maskedAtOnce(d, usual, cells)
	}
	if w, ok := m.(whole); ok {
		return x.maskedWhole(w, usual, cells), nil
	}
	if s, ok := m.(member.Separate); ok {
		return x.maskedApart(s, rows, usual, cells), nil
	}
	k := keeperOf(m)
	out := make([]float64, len(cells))
	kept := map[int][]byte{} // by the first row that it does not hold
	if k != nil {
		if err := keep(m, k, rows, x.First, cells, kept); err != nil {
			return nil, err
		}
	}
	row := make([]float64, len(usual))
	for i, c := range cells {
		from := 0
		if k != nil {
			from = x.First + c.from
			if err := k.load(kept[from]); err != nil {
				return nil, err
			}
		} else {
			m.Reset()
		}
		out[i] = x.scoreMasked(m, rows, from, row, c, usual)
	}
	x.stream(m, rows) // leaves the member where it was
	return out, nil
}

// scoreMasked gives the score of the last row, going on from a row, with a cell's values replaced; row is scratch.
func (x *Explanation) scoreMasked(m member.Member, rows [][]float64, from int, row []float64, c cell, usual []float64) (score float64) {
	for t := from; t < len(rows); t++ {
		r := rows[t]
		if at := t - x.First; at >= c.from && at < c.to {
			copy(row, r)
			row[c.feature] = usual[c.feature]
			r = row
		}
		score = m.Score(r)
	}
	return score
}

// maskedWhole scores what looks at all rows at once.
func (x *Explanation) maskedWhole(w whole, usual []float64, cells []cell) []float64 {
	out := make([]float64, len(cells))
	for i, c := range cells {
		out[i] = w.scoreOf(c.masked(x.rows, usual))
	}
	w.scoreOf(x.rows) // leaves it where it was
	return out
}

// maskedApart scores anew only the member that sees the feature masked.
func (x *Explanation) maskedApart(m member.Separate, rows [][]float64, usual []float64, cells []cell) []float64 {
	own, of := make([]float64, len(usual)), make([]member.Member, len(usual))
	row := make([]float64, len(usual))
	m.Each(func(j int, part member.Member) {
		part.Reset()
		for _, r := range rows {
			own[j] = part.Score(r)
		}
		of[j] = part
	})
	out := make([]float64, len(cells))
	for i, c := range cells {
		for j, v := range own {
			if j != c.feature {
				out[i] = max(out[i], v)
			}
		}
		if part := of[c.feature]; part != nil {
			part.Reset()
			out[i] = max(out[i], x.scoreMasked(part, rows, 0, row, c, usual))
		}
	}
	x.stream(m, rows) // leaves the member where it was
	return out
}

// keep runs the member over the rows and keeps its past at the beginning of every cell.
func keep(m member.Member, k *keeper, rows [][]float64, first int, cells []cell, kept map[int][]byte) error {
	for _, c := range cells {
		kept[first+c.from] = nil
	}
	m.Reset()
	for t, r := range rows {
		if _, ok := kept[t]; ok {
			b, err := k.save()
			if err != nil {
				return err
			}
			kept[t] = b
		}
		m.Score(r)
	}
	return nil
}

// maskedAtOnce scores many at a time. The network starts fresh at the first row looked at. What the copies share with the rows as they are before
// anything is masked is computed once: cells are taken from the last row back, so that each tile begins where its earliest cell does.
func (x *Explanation) maskedAtOnce(m member.Differentiable, usual []float64, cells []cell) ([]float64, error) {
	g, err := m.Gradients()
	if err != nil {
		return nil, err
	}
	n := min(member.Lanes, len(cells))
	scores, seqs := make([]float64, n), make([][][]float64, n)
	for i := range seqs {
		seqs[i] = x.rows
	}
	if err := g.Scores(scores, seqs); err != nil {
		return nil, err
	}
	if scores[0] != scores[0] {
		return nil, fmt.Errorf("the %d rows looked at are too few for a score of their own: look at more", len(x.rows))
	}
	x.Score = scores[0]
	order := make([]int, len(cells))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cells[b].from - cells[a].from })
	out := make([]float64, len(cells))
	for len(order) > 0 {
		k := min(n, len(order))
		for i := range seqs {
			seqs[i] = x.rows
			if i < k {
				seqs[i] = cells[order[i]].masked(x.rows, usual)
			}
		}
		if err := g.ScoresAgain(scores, seqs, cells[order[k-1]].from); err != nil {
			return nil, err
		}
		for i, c := range order[:k] {
			out[c] = scores[i]
		}
		order = order[k:]
	}
	return out, nil
}

// masked is a copy of rows with the cell's values replaced.
func (c cell) masked(rows [][]float64, usual []float64) [][]float64 {
	out := slices.Clone(rows)
	for t := c.from; t < c.to; t++ {
		out[t] = slices.Clone(rows[t])
		out[t][c.feature] = usual[c.feature]
	}
	return out
}
