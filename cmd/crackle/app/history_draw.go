package app

import (
	"math"

	"crackle/detector"
	"crackle/web/api"
	"crackle/web/hub"
	"crackle/window/kernel"
	"crackle/window/taper"
)

// span cuts a stretch of time, in ns since 1970 UTC, into buckets, one for each pixel.
type span struct {
	from, to int64
	width    int
}

func (p span) step() float64 { return float64(p.to-p.from) / float64(p.width) }

// bucket is the one that a time lies in; outside the stretch it is below 0 or at least width.
func (p span) bucket(ns int64) int {
	return int(math.Floor(float64(ns-p.from) / p.step()))
}

func (p span) middleMS(i int) float64 { return (float64(p.from) + (float64(i)+0.5)*p.step()) / 1e6 }

// reduced is the lowest and highest value of each bucket.
type reduced struct {
	span
	low, high []float64
}

func newReduced(p span) *reduced {
	r := &reduced{span: p, low: make([]float64, p.width), high: make([]float64, p.width)}
	for i := range r.low {
		r.low[i], r.high[i] = math.NaN(), math.NaN()
	}
	return r
}

func (r *reduced) add(i int, v float64) {
	if i < 0 || i >= r.width || v != v {
		return
	}
	if !(r.low[i] <= v) {
		r.low[i] = v
	}
	if !(r.high[i] >= v) {
		r.high[i] = v
	}
}

// rows takes one channel of interleaved rows, the first at time ns, at a rate. Every value counts: no spike is lost at any width.
func (r *reduced) rows(ns int64, rateHz float64, rows []float32, channels, channel int) {
	n := len(rows) / channels
	period := 1e9 / rateHz
	for k := 0; k < n; {
		i := r.bucket(ns + int64(float64(k)*period))
		end := k + 1 // one past the last row of this bucket
		if edge := (float64(r.from) + float64(i+1)*r.step() - float64(ns)) / period; edge > float64(end) {
			end = int(math.Min(math.Ceil(edge), float64(n)))
		}
		if i >= r.width {
			return
		}
		if i >= 0 {
			for ; k < end; k++ {
				r.add(i, float64(rows[k*channels+channel]))
			}
		}
		k = end
	}
}

func (r *reduced) buckets() []api.Bucket {
	out := []api.Bucket{}
	for i := range r.low {
		if r.low[i] == r.low[i] {
			out = append(out, api.Bucket{TMS: r.middleMS(i), Min: r.low[i], Max: r.high[i]})
		}
	}
	return out
}

// worst keeps of each bucket the window that matters most: the highest score, else one that was not assessed.
type worst struct {
	span
	points []api.Point
}

func newWorst(p span) *worst { return &worst{p, make([]api.Point, p.width)} }

func (w *worst) add(ns int64, s *detector.Score) {
	i := w.bucket(ns)
	if i < 0 || i >= w.width || s.First == s.End {
		return
	}
	p := &w.points[i]
	if p.Verdict != "" && (s.Verdict == detector.NotAssessed || p.Value >= s.Value) {
		return
	}
	*p = api.Point{TMS: float64(ns) / 1e6, Value: s.Value, Limit: s.Limit, Verdict: hub.Word(s.Verdict)}
	if words := hub.Words(s.Reason); s.Verdict == detector.NotAssessed && len(words) > 0 {
		p.Reason = words[0]
	}
}

func (w *worst) list() []api.Point {
	out := []api.Point{}
	for _, p := range w.points {
		if p.Verdict != "" {
			out = append(out, p)
		}
	}
	return out
}

const (
	spectrumLength = 256 // samples of a spectrum
	spectrumRows   = spectrumLength / 2
	spectrumMean   = 4 // spectra averaged in a column at most
)

// spectrogram averages a few spectra in each column.
type spectrogram struct {
	span
	rateHz, scale float64
	fft           *kernel.FFT
	taper         []float64
	power         [][]float64 // by column
	count         []int
	frame         []float64
	held          int
	next          int64 // time at which rows are to go on, else what is held is dropped
	re, im        []float64
}

func newSpectrogram(p span, rateHz float64) (*spectrogram, error) {
	g := &spectrogram{span: p, rateHz: rateHz, power: make([][]float64, p.width), count: make([]int, p.width), frame: make([]float64, spectrumLength),
		re: make([]float64, spectrumRows+1), im: make([]float64, spectrumRows+1)}
	var err error
	if g.fft, err = kernel.NewFFT(spectrumLength); err != nil {
		return nil, err
	}
	if g.taper, err = taper.New("hann", spectrumLength); err != nil {
		return nil, err
	}
	sum := 0.0
	for _, w := range g.taper {
		sum += w * w
	}
	g.scale = 2 / (rateHz * sum)
	return g, nil
}

// rows takes one channel of interleaved rows.
func (g *spectrogram) rows(ns int64, rows []float32, channels, channel int) {
	period := 1e9 / g.rateHz
	if d := ns - g.next; d > int64(period) || d < -int64(period) {
		g.held = 0
	}
	for k := range len(rows) / channels {
		v := float64(rows[k*channels+channel])
		if v-v != 0 {
			g.held = 0
			continue
		}
		g.frame[g.held] = v
		if g.held++; g.held < spectrumLength {
			continue
		}
		g.held = 0
		g.column(g.bucket(ns + int64(float64(k-spectrumLength/2)*period)))
	}
	g.next = ns + int64(float64(len(rows)/channels)*period)
}

func (g *spectrogram) column(i int) {
	if i < 0 || i >= g.width || g.count[i] >= spectrumMean {
		return
	}
	mean := 0.0
	for _, v := range g.frame {
		mean += v / spectrumLength
	}
	for k := range g.frame {
		g.frame[k] -= mean
	}
	g.fft.Forward(g.re, g.im, g.frame, g.taper)
	if g.power[i] == nil {
		g.power[i] = make([]float64, spectrumRows)
	}
	for k := range spectrumRows {
		re, im := g.re[k+1], g.im[k+1] // the mean is left out
		g.power[i][k] += (re*re + im*im) * g.scale
	}
	g.count[i]++
}

// silentDB stands for no power at all.
const silentDB = -300

func (g *spectrogram) answer(channel string) *api.Spectrogram {
	out := &api.Spectrogram{Channel: channel, TMS: []float64{}, FHz: []float64{}, DB: [][]api.Number{}}
	for k := range spectrumRows {
		out.FHz = append(out.FHz, float64(k+1)*g.rateHz/spectrumLength)
	}
	for i, n := range g.count {
		if n == 0 {
			continue
		}
		column := make([]api.Number, spectrumRows)
		for k, v := range g.power[i] {
			column[k] = api.Number(math.Max(silentDB, 10*math.Log10(v/float64(n))))
		}
		out.TMS, out.DB = append(out.TMS, g.middleMS(i)), append(out.DB, column)
	}
	return out
}
