package explain

import (
	"encoding"
	"fmt"

	"crackle/detector/member"
)

// keeper is a member whose past can be kept and brought back, so that rows before the first one masked need not be scored again.
type keeper interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
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
	k, keeps := m.(keeper)
	out := make([]float64, len(cells))
	kept := map[int][]byte{} // by the first row that it does not hold
	if keeps {
		if err := keep(m, k, rows, x.First, cells, kept); err != nil {
			return nil, err
		}
	}
	row := make([]float64, len(usual))
	for i, c := range cells {
		from := 0
		if keeps {
			from = x.First + c.from
			if err := k.UnmarshalBinary(kept[from]); err != nil {
				return nil, err
			}
		} else {
			m.Reset()
		}
		for t := from; t < len(rows); t++ {
			r := rows[t]
			if at := t - x.First; at >= c.from && at < c.to {
				copy(row, r)
				row[c.feature] = usual[c.feature]
				r = row
			}
			out[i] = m.Score(r)
		}
	}
	x.stream(m, rows) // leaves the member where it was
	return out, nil
}

// keep runs the member over the rows and keeps its past at the beginning of every cell.
func keep(m member.Member, k keeper, rows [][]float64, first int, cells []cell, kept map[int][]byte) error {
	for _, c := range cells {
		kept[first+c.from] = nil
	}
	m.Reset()
	for t, r := range rows {
		if _, ok := kept[t]; ok {
			b, err := k.AppendBinary(nil)
			if err != nil {
				return err
			}
			kept[t] = b
		}
		m.Score(r)
	}
	return nil
}

// maskedAtOnce scores many at a time. The network starts fresh at the first row looked at.
func (x *Explanation) maskedAtOnce(m member.Differentiable, usual []float64, cells []cell) ([]float64, error) {
	g, err := m.Gradients()
	if err != nil {
		return nil, err
	}
	whole := make([]float64, 1)
	if err := g.Scores(whole, [][][]float64{x.rows}); err != nil {
		return nil, err
	}
	if whole[0] != whole[0] {
		return nil, fmt.Errorf("the %d rows looked at are too few for a score of their own: look at more", len(x.rows))
	}
	x.Score = whole[0]
	out := make([]float64, len(cells))
	seqs := make([][][]float64, 0, member.Lanes)
	for from := 0; from < len(cells); from += member.Lanes {
		seqs = seqs[:0]
		for _, c := range cells[from:min(from+member.Lanes, len(cells))] {
			seq := append([][]float64(nil), x.rows...)
			for t := c.from; t < c.to; t++ {
				seq[t] = append([]float64(nil), x.rows[t]...)
				seq[t][c.feature] = usual[c.feature]
			}
			seqs = append(seqs, seq)
		}
		if err := g.Scores(out[from:], seqs); err != nil {
			return nil, err
		}
	}
	return out, nil
}
