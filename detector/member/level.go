package member

import "math"

// LevelConfig of a Level. The zero value of a field means its default.
type LevelConfig struct {
	Alpha   float64 // weight of the newest row in the moving average, default 0.1
	Clip    float64 // deviations are held within that many standard deviations, default 6
	Horizon float64 // rows over which a wandering channel is allowed to wander, default 200
	Share   float64 // of the correlation that is believed, default 0.7
	Track   float64 // share of the distance by which the baseline follows a row, default 0.006
	Return  float64 // the same during an episode, for channels that are back, default 0.01
	Wander  float64 // the same during an episode, for channels that have left, times how much they wander; default 0.002
	Gate    float64 // channels beyond that many times their own 99 % level do not move the baseline, default 2.9
	Near    float64 // channels within it count as back during an episode, default 0.95
	Roam    bool    // deviations are held in around the baseline, not around the rows learned from: what has drifted far is still judged
	Reach   float64 `json:",omitempty"` // a level that roams holds deviations in within no less than that many scales of the moving average, however far the channel wanders; default 0
	Onward  int     `json:",omitempty"` // rows after which a row without an episode counts as good, and how far channels wander is learned on from it; default 0: it stays as learned
}

func (c LevelConfig) withDefaults() LevelConfig {
	for _, f := range []struct {
		v *float64
		d float64
	}{{&c.Alpha, 0.1}, {&c.Clip, 6}, {&c.Horizon, 200}, {&c.Share, 0.7}, {&c.Track, 0.006}, {&c.Return, 0.01}, {&c.Wander, 0.002}, {&c.Gate, 2.9}, {&c.Near, 0.95}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	return c
}

// Level watches the level of all channels together: a moving average of the rows (MEWMA), its Mahalanobis distance from a baseline (Hotelling's
// T²), per channel scaled by its noise and by how far it wandered while learning. The baseline follows slowly. A score of 1 is the 99 %
// quantile of the rows learned from.
//
// During an episode, which the caller declares with Hold, channels that have left stay where they are judged from, but for a channel that
// wanders by nature; so a lasting fault stays one, and a drifting temperature does not.
type Level struct {
	name   string
	cfg    LevelConfig
	scaler *scaler
	metric *metric
	unit   float64   // 99 % quantile of the distance
	edge   []float64 // 99 % quantile per channel
	wander []float64 // share of a channel's variance that is not noise from row to row

	onward          *onward // nil: wander is not learned on
	row, mean, base []float64
	held            bool
	peak            float64   // distance at the height of the episode
	direction       []float64 // precision times deviation at the height
}

// NewLevel learns a Level from rows of normal production, at least 40 of them.
func NewLevel(c LevelConfig, rows [][]float64) (*Level, error) {
	c = c.withDefaults()
	s, err := newScaler(rows, c.Clip)
	if err != nil {
		return nil, err
	}
	d, n := len(s.mean), len(rows)
	l := &Level{
		name: "level", cfg: c, scaler: s, edge: make([]float64, d), wander: make([]float64, d),
		row: make([]float64, d), mean: make([]float64, d), base: make([]float64, d), direction: make([]float64, d),
	}
	scaled := s.all(rows)
	means := movingAverage(scaled, c.Alpha)
	scale := make([]float64, d)
	for j := range d {
		if s.sd[j] > 0 {
			scale[j], l.wander[j] = spreadOf(scaled, means, j, c)
		}
	}
	if l.metric, err = newMetric(over(means, scale), scale, c.Share); err != nil {
		return nil, err
	}
	square := l.learnEdges(means[n/4:])
	if c.Onward > 0 {
		l.onward = newOnward(c, scaled, means, scale)
		l.onward.unit, l.onward.square = l.unit, square
	}
	l.Reset()
	return l, nil
}

// spreadOf gives the scale of a channel's moving average and how much the channel wanders. White noise of variance v leaves the average
// v alpha/(2-alpha); what differences over growing lags show beyond twice that is wander, per row of lag.
func spreadOf(scaled, means [][]float64, j int, c LevelConfig) (scale, wander float64) {
	n := len(scaled)
	mean, variance, steps := 0.0, 0.0, 0.0
	for _, r := range scaled {
		mean += r[j] / float64(n)
	}
	diffMean := (scaled[n-1][j] - scaled[0][j]) / float64(n-1)
	for i, r := range scaled {
		variance += (r[j] - mean) * (r[j] - mean) / float64(n)
		if i > 0 {
			e := r[j] - scaled[i-1][j] - diffMean
			steps += e * e / float64(n-1)
		}
	}
	noise := variance * c.Alpha / (2 - c.Alpha)
	slope := 0.0
	for _, part := range wanderLags {
		lag, from := n/part, n/8
		sum := 0.0
		for i := from; i+lag < n; i++ {
			e := means[i+lag][j] - means[i][j]
			sum += e * e
		}
		slope += max(sum/float64(n-from-lag)-2*noise, 0) / float64(lag) / float64(len(wanderLags))
	}
	return math.Sqrt(noise + c.Horizon*slope), 1 - min(steps/2/variance, 1)
}

// learnEdges takes the 99 % quantiles of the distance and of each channel, and gives the mean square of the distance.
func (l *Level) learnEdges(means [][]float64) (square float64) {
	zero := make([]float64, len(l.base))
	distance := make([]float64, len(means))
	channel := make([][]float64, len(zero))
	for i, e := range means {
		distance[i] = l.metric.length(e, zero)
		square += distance[i] * distance[i] / float64(len(means))
		for j, x := range l.metric.scaled {
			channel[j] = append(channel[j], math.Abs(x))
		}
	}
	l.unit = quantile(distance, 0.99)
	for j := range channel {
		l.edge[j] = quantile(channel[j], 0.99)
	}
	return square
}

// movingAverage of rows, started at the first.
func movingAverage(rows [][]float64, alpha float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = make([]float64, len(r))
		copy(out[i], r)
		if i > 0 {
			for j, v := range r {
				out[i][j] = out[i-1][j] + alpha*(v-out[i-1][j])
			}
		}
	}
	return out
}

// over divides rows by scale.
func over(rows [][]float64, scale []float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = make([]float64, len(r))
		for j, v := range r {
			if scale[j] > 0 {
				out[i][j] = v / scale[j]
			}
		}
	}
	return out
}

// Name is "level".
func (l *Level) Name() string { return l.name }

// Reset forgets the past; the baseline is again that of the rows learned from.
func (l *Level) Reset() {
	for j := range l.base { // rows are scaled: their mean is 0
		l.base[j], l.mean[j] = 0, 0
	}
	l.held, l.peak = false, 0
	if l.onward != nil {
		l.onward.reset()
	}
}

// Score is the distance of the moving average from the baseline, 1 at the 99 % quantile of the rows learned from. The baseline follows when
// Follow is called.
func (l *Level) Score(row []float64) float64 {
	s := l.distance(row)
	if !math.IsNaN(s) {
		l.Follow()
	}
	return s
}

// Distance is Score without moving the baseline, for a caller that decides first whether this row belongs to an episode and then calls Follow.
func (l *Level) Distance(row []float64) float64 { return l.distance(row) }

// leastEdge is the smallest 99 % quantile of a channel that is believed, in scales of that channel: a short lesson may happen to be calm.
const leastEdge = 1

// Alone is the largest deviation of a single channel on the last row, in its own 99 % quantiles. The distance over all channels dilutes a fault
// that only one of them shows.
func (l *Level) Alone() float64 {
	alone := 0.0
	for j, x := range l.metric.scaled {
		alone = max(alone, math.Abs(x)/max(l.edge[j], leastEdge))
	}
	return alone
}

func (l *Level) distance(row []float64) float64 {
	if l.onward != nil {
		copy(l.metric.scale, l.onward.scale)
		l.unit = l.onward.widened()
	}
	if l.cfg.Roam {
		if !l.around(row) {
			return math.NaN()
		}
	} else if !l.scaler.scale(l.row, row) {
		return math.NaN()
	}
	for j, v := range l.row {
		l.mean[j] += l.cfg.Alpha * (v - l.mean[j])
	}
	s := l.metric.length(l.mean, l.base) / l.unit
	if l.held && s >= l.peak {
		l.mark(s)
	}
	return s
}

// around scales a row, held in around the baseline, and reports whether it is finite.
func (l *Level) around(row []float64) bool {
	if len(row) != len(l.row) {
		return false
	}
	for j, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
		l.row[j] = l.scaled(v, j)
	}
	return true
}

// Follow moves the baseline towards the last row.
func (l *Level) Follow() {
	for j, x := range l.metric.scaled {
		gain := 0.0
		x = math.Abs(x)
		switch {
		case l.held && x < l.cfg.Near*l.edge[j]:
			gain = l.cfg.Return
		case l.held:
			gain = l.cfg.Wander * l.wander[j]
		case x < l.cfg.Gate*l.edge[j]:
			gain = l.cfg.Track
		default:
			gain = l.cfg.Wander * l.wander[j]
		}
		l.base[j] += gain * (l.row[j] - l.base[j])
	}
	if l.onward != nil {
		l.onward.step(l.mean, l.metric.last(), l.held)
	}
}

// Hold declares whether the last row belongs to an episode of alarm.
func (l *Level) Hold(on bool) {
	if on && !l.held {
		l.mark(l.metric.length(l.mean, l.base) / l.unit)
	}
	l.held = on
}

// mark notes the height of the episode.
func (l *Level) mark(score float64) {
	l.peak = score
	copy(l.direction, l.metric.weighed)
}

// Left is the share of the deviation at the height of the episode that is left along it: 1 at the height, 0 when it is undone. It is 1
// without an episode.
func (l *Level) Left() float64 {
	if !l.held || l.peak == 0 {
		return 1
	}
	sum := 0.0
	for j, u := range l.direction {
		sum += u * l.metric.scaled[j]
	}
	return sum / (l.peak * l.peak * l.unit * l.unit)
}

// Rebase takes the present level as the baseline.
func (l *Level) Rebase() { copy(l.base, l.mean) }

// Width is the number of features.
func (l *Level) Width() int { return len(l.row) }

// Causes gives each feature's part of the distance: what was found is its moving average, what is expected its baseline.
func (l *Level) Causes(c *Causes) {
	for j, x := range l.metric.scaled {
		c.Share[j] = math.Sqrt(max(x*l.metric.weighed[j], 0)) / l.unit
		c.Got[j], c.Expected[j] = l.scaler.unscale(l.mean[j], j), l.scaler.unscale(l.base[j], j)
	}
}
