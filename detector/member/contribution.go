package member

import (
	"math"
	"slices"
)

// Additive is a member whose raw score falls apart exactly into what each value gave to it.
type Additive interface {
	Member
	// Contributions writes to dst [rows][channels] what each value of the last rows gave to the score of the last of them, whose Score must have
	// been the latest call. They sum to the score, but for rounding; what still comes from rows before is given to the first. Contributions may
	// be below zero: a value that speaks against a deviation. Where the score is NaN they are zero.
	Contributions(dst, rows [][]float64)
}

// Expecting is a member that says what it expects of the next row.
type Expecting interface {
	// Expect writes it to dst [channels], in the channels' units, and reports whether there is enough past to say.
	Expect(dst []float64) bool
}

func clearRows(dst [][]float64) {
	for _, r := range dst {
		clear(r)
	}
}

// gain is what one unit of scaled deviation of channel j gave to a distance of that length; by Euler's theorem gains times deviations sum to
// it. It is the decomposition of T² by partial contributions, x_j (P x)_j (Alcala and Qin 2009), divided by T.
func (m *metric) gain(j int, length float64) float64 {
	if m.scale[j] == 0 || length == 0 {
		return 0
	}
	return m.weighed[j] / length
}

// length of the deviation that scaled and weighed are of.
func (m *metric) last() float64 {
	sum := 0.0
	for j, v := range m.scaled {
		sum += v * m.weighed[j]
	}
	return math.Sqrt(max(sum, 0))
}

// Contributions splits the distance over channels, and a channel's part over rows by their weight in the moving average.
func (l *Level) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	length := l.metric.last()
	for j := range l.base {
		gain := l.metric.gain(j, length) / l.unit
		if gain == 0 {
			continue
		}
		base := l.mean[j] - l.metric.scaled[j]*l.metric.scale[j] // before Follow
		left := gain * l.metric.scaled[j]
		weight := l.cfg.Alpha
		for t := len(rows) - 1; t >= 0; t-- {
			v := weight * gain * (l.scaled(rows[t][j], j) - base) / l.metric.scale[j]
			dst[t][j] = v
			left -= v
			weight *= 1 - l.cfg.Alpha
		}
		dst[0][j] += left
	}
}

// scaled is a value of channel j as the level takes it now.
func (l *Level) scaled(v float64, j int) float64 {
	if l.cfg.Roam {
		return l.scaler.near(v, j, l.base[j], max(l.scaler.clip, l.cfg.Reach*l.metric.scale[j]))
	}
	return l.scaler.one(v, j)
}

// one scales a value of channel j.
func (s *scaler) one(v float64, j int) float64 {
	if s.sd[j] == 0 {
		return 0
	}
	return min(max((v-s.mean[j])/s.sd[j], -s.clip), s.clip)
}

// Expect is the baseline.
func (l *Level) Expect(dst []float64) bool {
	for j := range dst {
		dst[j] = l.scaler.mean[j] + l.base[j]*l.scaler.sd[j]
	}
	return true
}

// Contributions splits the distance over channels, and a channel's part over the rows that its spread was taken of, by the squares of their
// movement; the largest, which the spread leaves out, give nothing.
func (s *Spread) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	length := s.level.metric.last()
	last := len(rows) - 1
	for j := range s.row {
		part := s.level.metric.gain(j, length) / s.level.unit * s.level.metric.scaled[j]
		sum, n := 0.0, 0
		for t := max(1, last-spreadRows+1); t <= last; t++ {
			e := rows[t][j] - rows[t-1][j]
			dst[t][j] = e * e
			s.turn.order[n] = e * e
			n++
		}
		slices.Sort(s.turn.order[:n])
		for t := max(1, last-spreadRows+1); t <= last; t++ {
			if n > spreadKept && dst[t][j] > s.turn.order[spreadKept-1] {
				dst[t][j] = 0
			}
			sum += dst[t][j]
		}
		for t := max(1, last-spreadRows+1); t <= last; t++ {
			if sum > 0 {
				dst[t][j] *= part / sum
			}
		}
		if sum == 0 {
			dst[last][j] = part
		}
	}
}

// Contributions splits the distance over channels and over the rows of both means.
func (s *Shift) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	length := s.metric.last()
	for j := range s.diff {
		gain := s.metric.gain(j, length) / s.unit
		if gain == 0 {
			continue
		}
		left := gain * s.metric.scaled[j]
		for k := 1; k <= min(2*s.rows, len(rows)); k++ {
			t := len(rows) - k
			v := gain * s.scaler.one(rows[t][j], j) / float64(s.rows) / s.metric.scale[j]
			if k > s.rows {
				v = -v
			}
			dst[t][j] = v
			left -= v
		}
		dst[0][j] += left
	}
}

// Contributions are those of the statistic that decided: T² by partial contributions, Q by squared residuals, all of the last row.
func (m *Subspace) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	last := dst[len(rows)-1]
	t2, q := m.parts(m.row)
	inside := m.t2 > 0 && (!(m.q > 0) || t2/m.t2 >= q/m.q)
	for k, l := range m.lengths {
		p := 0.0
		for j, v := range m.row {
			p += v * m.axes.At(j, k)
		}
		for j := range last {
			switch {
			case inside && k < m.inside && l > 0:
				last[j] += m.row[j] * m.axes.At(j, k) * p / l / m.t2
			case !inside && k >= m.inside:
				last[j] += m.axes.At(j, k) * p // the residual
			}
		}
	}
	if !inside {
		for j, e := range last {
			last[j] = 0
			if m.q > 0 {
				last[j] = e * e / m.q
			}
		}
	}
}

// Contributions give the largest deviation to its channel.
func (m *RMS) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	largest(dst[len(rows)-1], m.row)
}

func largest(dst, deviation []float64) {
	at := 0
	for j, v := range deviation {
		if math.Abs(v) > math.Abs(deviation[at]) {
			at = j
		}
	}
	dst[at] = math.Abs(deviation[at])
}

// Expect is the mean of the rows learned from.
func (m *RMS) Expect(dst []float64) bool {
	copy(dst, m.scaler.mean)
	return true
}

// Contributions give the largest deviation to its feature.
func (m *Reference) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	last := len(rows) - 1
	z := make([]float64, len(m.mean))
	for j, v := range rows[last] {
		z[j] = (v - m.mean[j]) / m.scale[j]
	}
	largest(dst[last], z)
}

// Expect is the mean of the recordings learned from.
func (m *Reference) Expect(dst []float64) bool {
	copy(dst, m.mean)
	return true
}

// Contributions follow the largest sum back to where it began.
func (m *CUSUM) Contributions(dst, rows [][]float64) {
	clearRows(dst)
	at, sum, sign := 0, 0.0, 1.0
	for j := range m.up {
		if m.up[j] > sum {
			at, sum, sign = j, m.up[j], 1
		}
		if m.down[j] > sum {
			at, sum, sign = j, m.down[j], -1
		}
	}
	left := sum
	first := 0
	for t := len(rows) - 1; t >= 0 && left > 0; t-- {
		v := sign*m.scaler.one(rows[t][at], at) - m.cfg.Slack
		dst[t][at] = v
		left -= v
		first = t
	}
	dst[first][at] += left
}

// Expect is the mean of the rows learned from.
func (m *CUSUM) Expect(dst []float64) bool {
	copy(dst, m.scaler.mean)
	return true
}

// Expect is the forecast.
func (f *Forecaster) Expect(dst []float64) bool {
	for j, p := range f.predicted {
		dst[j] = f.scaler.mean[j] + p*f.scaler.sd[j]
	}
	return f.seen > warmRows
}
