package suite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/cmplx"
	"path"
	"slices"
	"strings"

	"crackle/detector/eval"
	"crackle/detector/member"
)

// Windows of the motor currents, in rows of 1 ms.
const (
	itscWindow = 200
	itscHop    = 100
	itscRate   = 1000.0
	itscMains  = 60.0
)

// itscLimit is in scales: a recording counts as faulty when the median of its windows passes it.
const itscLimit = 3

// Tolerances: deviations that a maintenance engineer would not act on. Unbalance of 2 % of the positive sequence, 5 % of the current, a factor
// of two in a harmonic, 1 % of the power outside the mains.
var itscTolerance = func() []float64 {
	t := []float64{math.Log(1.05), 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02}
	for range 18 {
		t = append(t, math.Log(2))
	}
	return append(t, 0.01, 0.01, 0.01)
}()

// motor is one recording of three currents as windows of features.
type motor struct {
	name    string
	healthy bool
	windows [][]float64
	dense   [][]float64 // of healthy ones: windows closer together, for who learns from many
}

func readMotor(root fs.FS, name string) (*motor, error) {
	cells, err := table(root, name, ',')
	if err != nil {
		return nil, err
	}
	x := make([][3]float64, len(cells))
	for i, line := range cells {
		if len(line) != 3 {
			return nil, fmt.Errorf("%s, line %d: %d cells, three phases are needed", name, i+1, len(line))
		}
		for k := range 3 {
			if x[i][k], err = value(name, i+1, line[k]); err != nil {
				return nil, err
			}
		}
	}
	m := &motor{name: strings.TrimSuffix(path.Base(name), ".csv"), healthy: strings.Contains(path.Dir(name), "HLT")}
	m.windows = motorWindows(x, itscHop)
	if m.healthy {
		m.dense = motorWindows(x, itscHop/5)
	}
	if len(m.windows) == 0 {
		return nil, fmt.Errorf("%s: %d rows, a window has %d", name, len(x), itscWindow)
	}
	return m, nil
}

// motorWindows are the features of windows that many rows apart.
func motorWindows(x [][3]float64, hop int) (out [][]float64) {
	for from := 0; from+itscWindow <= len(x); from += hop {
		out = append(out, motorFeatures(x[from:from+itscWindow]))
	}
	return out
}

// tone is the complex amplitude of a phase at a frequency, through a Hann window.
func tone(x [][3]float64, phase int, hz float64) complex128 {
	var sum complex128
	weight := 0.0
	for i := range x {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(x)))
		sum += complex(w*x[i][phase], 0) * cmplx.Rect(1, -2*math.Pi*hz*float64(i)/itscRate)
		weight += w
	}
	return sum * complex(2/weight, 0)
}

// motorFeatures are 29: the positive sequence, negative and zero sequence against it, phase amplitudes against it, harmonics 2 to 7 of
// each phase, and the share of power that is not the mains'. The mains frequency comes from how far the phase turned between the halves.
func motorFeatures(x [][3]float64) []float64 {
	half := len(x) / 2
	turned := cmplx.Phase(tone(x[half:], 0, itscMains) / tone(x[:half], 0, itscMains) * cmplx.Rect(1, -2*math.Pi*itscMains*float64(half)/itscRate))
	hz := itscMains + turned/(2*math.Pi*float64(half))*itscRate
	var a [3]complex128
	for k := range a {
		a[k] = tone(x, k, hz)
	}
	turn := cmplx.Rect(1, 2*math.Pi/3)
	plus, minus, zero := (a[0]+turn*a[1]+turn*turn*a[2])/3, (a[0]+turn*turn*a[1]+turn*a[2])/3, (a[0]+a[1]+a[2])/3
	if cmplx.Abs(minus) > cmplx.Abs(plus) {
		plus, minus = minus, plus
	}
	n, z, size := minus/plus, zero/plus, cmplx.Abs(plus)
	f := []float64{math.Log(size), real(n), imag(n), real(z), imag(z)}
	for k := range a {
		f = append(f, cmplx.Abs(a[k])/size)
	}
	for k := range a {
		for h := 2; h <= 7; h++ {
			f = append(f, math.Log(cmplx.Abs(tone(x, k, float64(h)*hz))/size+1e-3))
		}
	}
	for k := range a {
		mean, rest := 0.0, 0.0
		for i := range x {
			mean += x[i][k] / float64(len(x))
		}
		for i := range x {
			e := x[i][k] - mean - real(a[k]*cmplx.Rect(1, 2*math.Pi*hz*float64(i)/itscRate))
			rest += e * e / float64(len(x))
		}
		f = append(f, rest/(size*size/2))
	}
	return f
}

// judgeMotor gives the window scores of a recording by healthy ones, none of which is itself.
func judgeMotor(m *motor, healthy []*motor) ([]float64, error) {
	var lots [][][]float64
	for _, h := range healthy {
		if h != m {
			lots = append(lots, h.windows)
		}
	}
	ref, err := member.NewReference(lots, itscTolerance)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; at least two healthy recordings are needed", m.name, err)
	}
	return member.Scores(ref, m.windows), nil
}

func runITSC(ctx context.Context, root fs.FS) (*Report, error) {
	names, err := find(root, "*.csv")
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(path.Base(path.Dir(n)), "SC_") })
	if err != nil || len(names) == 0 {
		return nil, errors.Join(errors.New("no folder SC_* has files *.csv: name the benchmark's folder"), err)
	}
	motors, left, err := scored(ctx, names, func(name string) (*motor, error) { return readMotor(root, name) })
	if err != nil {
		return nil, err
	}
	healthy := slices.DeleteFunc(slices.Clone(motors), func(m *motor) bool { return !m.healthy })
	if len(healthy) < 2 {
		return nil, fmt.Errorf("%d healthy recordings (folder SC_HLT), at least two are needed: one to learn from while the other is left out", len(healthy))
	}
	r, err := reportMotors(motors, healthy)
	if err != nil {
		return nil, err
	}
	return r.count(len(motors), left, nil), nil
}

func reportMotors(motors, healthy []*motor) (*Report, error) {
	r := &Report{Detector: "symmetrical components and harmonics against healthy recordings, the one judged left out; stated tolerance"}
	var truth []bool
	var scores []float64
	faults, found, flagged := 0, 0, 0
	windows, windowsFound, quiet, quietFlagged := 0, 0, 0, 0
	ampFound, ampFlagged := 0, 0
	var tickFound, tickFlagged, subFound, subFlagged float64
	for k, m := range motors {
		s, err := judgeMotor(m, healthy)
		if err != nil {
			return nil, err
		}
		score := middleOf(s)
		alarm := make([]bool, len(s))
		over := 0
		for i, v := range s {
			if alarm[i] = v > itscLimit; alarm[i] {
				over++
			}
		}
		loud, tick, sub := amplitudeRule(m, healthy), flag(k%2 == 0), subspaceRule(m, healthy)
		labels := make([]bool, len(s))
		switch {
		case m.healthy:
			quiet, quietFlagged = quiet+len(s), quietFlagged+over
			flagged += int(flag(score > itscLimit))
			ampFlagged += int(flag(loud))
			tickFlagged, subFlagged = tickFlagged+tick, subFlagged+sub
		default:
			for i := range labels {
				labels[i] = true
			}
			faults++
			windows, windowsFound = windows+len(s), windowsFound+over
			found += int(flag(score > itscLimit))
			ampFound += int(flag(loud))
			tickFound, subFound = tickFound+tick, subFound+sub
		}
		truth, scores = append(truth, !m.healthy), append(scores, score)
		r.Traces = append(r.Traces, Trace{Name: m.name, Score: s, Limit: itscLimit, Truth: labels, Alarm: alarm, Figures: []Figure{{"score", score}, {"flagged", flag(score > itscLimit)}, {"faulty", flag(!m.healthy)}}})
	}
	r.Figures = []Figure{
		{"fault_recordings", float64(faults)}, {"fault_recordings_found", float64(found)},
		{"healthy_recordings", float64(len(healthy))}, {"healthy_recordings_flagged", float64(flagged)},
		{"auc", eval.AUC(truth, scores)}, {"fault_windows_found", share(windowsFound, windows)}, {"healthy_windows_flagged", share(quietFlagged, quiet)},
		{"limit", itscLimit},
	}
	r.Intervals = map[string]eval.Interval{"fault_recordings_found": eval.Bootstrap(len(truth), draws, 1, 0.95, func(pick []int) float64 {
		n, hit := 0.0, 0.0
		for _, i := range pick {
			n += flag(truth[i])
			hit += flag(truth[i] && scores[i] > itscLimit)
		}
		return hit / n * float64(faults)
	})}
	r.Rivals = []Rival{
		{"always alarm", []Figure{{"fault_recordings_found", float64(faults)}, {"healthy_recordings_flagged", float64(len(healthy))}}},
		{"ticker, every other recording", []Figure{{"fault_recordings_found", tickFound}, {"healthy_recordings_flagged", tickFlagged}}},
		{"RMS limit, 5 % of the healthy mean", []Figure{{"fault_recordings_found", float64(ampFound)}, {"healthy_recordings_flagged", float64(ampFlagged)}}},
		{"T2+Q, 99 % of the healthy windows", []Figure{{"fault_recordings_found", subFound}, {"healthy_recordings_flagged", subFlagged}}},
	}
	r.Notes = []string{"Healthy recordings are judged by the others, faulty ones by all healthy ones. Tolerance: 2 % unbalance of the positive sequence, 5 % of the current, a factor of two in a harmonic, 1 % of power off the mains."}
	return r, nil
}

// amplitudeRule alarms when the positive sequence departs by more than 5 % from the healthy mean.
func amplitudeRule(m *motor, healthy []*motor) bool {
	mean, n := 0.0, 0.0
	for _, h := range healthy {
		if h != m {
			for _, w := range h.windows {
				mean += w[0]
				n++
			}
		}
	}
	own := 0.0
	for _, w := range m.windows {
		own += w[0] / float64(len(m.windows))
	}
	return math.Abs(own-mean/n) > math.Log(1.05)
}

// subspaceRule alarms when most windows are beyond T2+Q's limit, learned from the windows of the healthy recordings but m; NaN when nothing can be
// learned.
func subspaceRule(m *motor, healthy []*motor) float64 {
	var rows [][]float64
	for _, h := range healthy {
		if h != m {
			rows = append(rows, h.dense...)
		}
	}
	s, err := member.NewSubspace(rows)
	if err != nil {
		return math.NaN()
	}
	return flag(middleOf(member.Scores(s, m.windows)) > 1)
}

// middleOf is the median.
func middleOf(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
