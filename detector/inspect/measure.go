package inspect

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// pieces is the number of short stretches that a drift is measured over.
const pieces = 12

// measure fills in everything that is counted per number and row.
func (r *Report) measure(cfg *Config, rows []Row) {
	outlying := make([]bool, len(rows))
	column := make([]float64, len(rows))
	for j, name := range cfg.Names {
		for i := range rows {
			column[i] = float64(rows[i].Features[j])
		}
		f := Feature{Name: name, Unit: cfg.Units[j]}
		f.Drift = drift(column)
		sorted := slices.Clone(column)
		slices.Sort(sorted)
		f.Median, f.Spread = centre(sorted)
		f.Low, f.High = sorted[0], sorted[len(sorted)-1]
		f.Constant = f.Low == f.High
		if f.Spread > 0 {
			for i, v := range column {
				if math.Abs(v-f.Median) > OutlierSpreads*f.Spread {
					f.Outliers++
					outlying[i] = true
				}
			}
		}
		r.Features = append(r.Features, f)
	}
	for _, o := range outlying {
		if o {
			r.Outliers++
		}
	}
	r.Duplicates = duplicates(rows)
	r.draw(cfg, rows)
}

// centre is the median and the spread of sorted values.
func centre(sorted []float64) (median, spread float64) {
	q := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, sorted, nil) }
	return q(0.5), (q(0.9) - q(0.1)) / 2.563
}

// drift is by how much the values of the last third lie above those of the first, in spreads within short stretches, when the medians of the short
// stretches rise or fall all along; else 0.
func drift(v []float64) float64 {
	n := min(pieces, len(v)/8)
	if n < 4 {
		return 0
	}
	medians, spreads, at := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		piece := slices.Clone(v[i*len(v)/n : (i+1)*len(v)/n])
		slices.Sort(piece)
		medians[i], spreads[i] = centre(piece)
		at[i] = float64(i)
	}
	slices.Sort(spreads)
	within := spreads[n/2]
	third := max(1, n/3)
	shift := stat.Mean(medians[n-third:], nil) - stat.Mean(medians[:third], nil)
	if math.Abs(shift) <= 1e-9*math.Abs(medians[0]) || within < 0 {
		return 0
	}
	if c := stat.Correlation(at, ranks(medians), nil); !(math.Abs(c) > 0.7) { // NaN where all are the same
		return 0
	}
	return shift / max(within, 1e-6*math.Abs(shift))
}

// ranks are the places of the values in their order; equal ones share the mean of theirs.
func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		k := i
		for k < len(order) && v[order[k]] == v[order[i]] {
			k++
		}
		for m := i; m < k; m++ {
			out[order[m]] = float64(i+k-1) / 2
		}
		i = k
	}
	return out
}

// duplicates counts the rows that repeat an earlier one to the bit. A row like the one just before it is a signal that stands still, and not counted.
func duplicates(rows []Row) (n int) {
	seed := maphash.MakeSeed()
	seen := make(map[uint64]bool, len(rows))
	var key []byte
	last := uint64(0)
	for i := range rows {
		key = key[:0]
		for _, v := range rows[i].Features {
			key = binary.LittleEndian.AppendUint32(key, math.Float32bits(v))
		}
		h := maphash.Bytes(seed, key)
		if seen[h] && (i == 0 || h != last) {
			n++
		}
		seen[h], last = true, h
	}
	return n
}

// draw gives the most remarkable numbers a series: [time in ms, smallest, largest] per bucket of time that holds rows.
func (r *Report) draw(cfg *Config, rows []Row) {
	order := make([]int, len(r.Features))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.Features[b].remarkable(), r.Features[a].remarkable()) })
	from, span := r.From.UnixMilli(), max(1, r.To.UnixMilli()-r.From.UnixMilli())
	for _, j := range order[:min(cfg.Drawn, len(order))] {
		series := make([][3]float64, cfg.Buckets)
		for b := range series {
			series[b] = [3]float64{float64(from) + float64(b)*float64(span)/float64(cfg.Buckets), math.Inf(1), math.Inf(-1)}
		}
		for i := range rows {
			b := int(min(int64(cfg.Buckets-1), max(0, (rows[i].Time.UnixMilli()-from)*int64(cfg.Buckets)/span)))
			v := float64(rows[i].Features[j])
			series[b][1], series[b][2] = math.Min(series[b][1], v), math.Max(series[b][2], v)
		}
		r.Features[j].Series = slices.DeleteFunc(series, func(b [3]float64) bool { return b[1] > b[2] })
	}
}

// remarkable orders numbers by how much a person should look at them.
func (f *Feature) remarkable() float64 {
	v := math.Min(math.Abs(f.Drift), 1e6) + 1e-3*float64(f.Outliers)
	if f.Constant {
		v += 1e7
	}
	return v
}
