package demo

import (
	"bytes"
	"cmp"
	_ "embed" // for the recordings
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed recordings/motor_itsc.csv.gz
var motorArchive []byte

// Recording is one measurement of the motor: 1,000 samples of three phase currents.
type Recording struct {
	Name       string // as its authors named it: SC_A0_B2_C0_001, SC_HLT_003
	Phase      string // the faulty phase, "A", "B" or "C"; empty when healthy
	Level      int    // 0 healthy; 1 to 4: 10, 20, 30, 40 % of the phase's turns are shorted
	Repetition int
	Healthy    bool
	Doubtful   bool     // labelled faulty, but cannot be told from healthy: to be counted neither way
	Learn      bool     // one of the two healthy recordings to learn from
	Channels   []string // phase_a_a, phase_b_a, phase_c_a: the currents in ampere
	RateHz     float64
	Samples    []float32 // interleaved, len = len(Channels) * rows
}

// MustBeFound says whether the demo demands an alarm on this recording: a fault of level 2 to 4 whose label is not doubtful.
func (r *Recording) MustBeFound() bool { return r.Level >= 2 && !r.Doubtful }

// doubtful recordings are explained, with figures, in recordings/README.md.
var doubtful = []string{"SC_A1_B0_C0_002", "SC_A0_B2_C0_002"}

// Motor returns the 39 recordings in the order of the show: two healthy ones to learn from, the third healthy one to watch, then the faults by
// rising level, within a level by phase and repetition. Each call returns its own copy. The error can only come from a damaged program file.
func Motor() ([]Recording, error) {
	all, err := readMotor(motorArchive)
	if err != nil {
		return nil, fmt.Errorf("built-in motor recordings: %w; build the program again", err)
	}
	slices.SortStableFunc(all, func(a, b Recording) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Phase, b.Phase), cmp.Compare(a.Repetition, b.Repetition))
	})
	for i := range all {
		all[i].Learn = all[i].Healthy && i < 2
	}
	return all, nil
}

// readMotor reads rows "recording,a,b,c"; rows of one recording follow each other.
func readMotor(archive []byte) ([]Recording, error) {
	text, err := unpack(archive)
	if err != nil {
		return nil, err
	}
	var all []Recording
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		cells := strings.Split(string(line), ",")
		if len(cells) != 4 {
			return nil, fmt.Errorf("line %d has %d cells, 4 expected", i+1, len(cells))
		}
		if i == 0 {
			continue // header
		}
		if len(all) == 0 || all[len(all)-1].Name != cells[0] {
			r, err := newRecording(cells[0])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			all = append(all, r)
		}
		r := &all[len(all)-1]
		for _, c := range cells[1:] {
			v, err := strconv.ParseFloat(c, 32)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			r.Samples = append(r.Samples, float32(v))
		}
	}
	return all, nil
}

// newRecording reads the truth out of a name such as SC_A0_B2_C0_001 or SC_HLT_003.
func newRecording(name string) (Recording, error) {
	r := Recording{
		Name: name, Doubtful: slices.Contains(doubtful, name),
		Channels: []string{"phase_a_a", "phase_b_a", "phase_c_a"}, RateHz: 1000,
	}
	cut := strings.LastIndexByte(name, '_')
	class, ok := strings.CutPrefix(name[:max(cut, 0)], "SC_")
	n, err := strconv.Atoi(name[cut+1:])
	if !ok || err != nil {
		return r, fmt.Errorf("recording name %q is not SC_<class>_<repetition>", name)
	}
	r.Repetition = n
	if class == "HLT" {
		r.Healthy = true
		return r, nil
	}
	for p := range strings.SplitSeq(class, "_") {
		if len(p) == 2 && p[1] > '0' && p[1] <= '9' {
			r.Phase, r.Level = p[:1], int(p[1]-'0')
		}
	}
	if r.Level == 0 {
		return r, fmt.Errorf("recording name %q names no faulty phase", name)
	}
	return r, nil
}
