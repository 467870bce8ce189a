package demo

import (
	"bytes"
	_ "embed" // for the recording
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed recordings/machine_temperature_system_failure.csv.gz
	temperatureArchive []byte
	//go:embed recordings/machine_temperature_system_failure.labels.json
	temperatureLabels []byte
)

const stampLayout = "2006-01-02 15:04:05"

// Log is a slow recording with a time per row.
type Log struct {
	Name    string
	Channel string
	RateHz  float64     // one row in 300 s
	Times   []time.Time // as recorded, read as UTC; one step goes back by 3,300 s
	Samples []float32   // one per row; presumably degrees Fahrenheit, upstream names no unit
	Windows []Window    // where something is labelled wrong; the last one is the machine's failure
}

// Window is a labelled stretch of a Log.
type Window struct {
	From, To   time.Time // of its first and last row
	Label      time.Time // the instant that was labelled; the window lies around it
	First, End int       // rows From to To, half open
}

// Temperature returns the machine temperature log with its labelled windows. Each call returns its own copy.
// The error can only come from a damaged program file.
func Temperature() (Log, error) {
	l, err := readTemperature(temperatureArchive, temperatureLabels)
	if err != nil {
		return Log{}, fmt.Errorf("built-in temperature log: %w; build the program again", err)
	}
	return l, nil
}

func readTemperature(archive, labels []byte) (Log, error) {
	l := Log{Name: "machine_temperature_system_failure", Channel: "temperature", RateHz: 1.0 / 300}
	text, err := unpack(archive)
	if err != nil {
		return l, err
	}
	rows := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	for i, row := range rows[1:] {
		stamp, value, _ := strings.Cut(string(row), ",")
		t, err := time.Parse(stampLayout, stamp)
		if err != nil {
			return l, fmt.Errorf("line %d: %w", i+2, err)
		}
		v, err := strconv.ParseFloat(value, 32)
		if err != nil {
			return l, fmt.Errorf("line %d: %w", i+2, err)
		}
		l.Times = append(l.Times, t)
		l.Samples = append(l.Samples, float32(v))
	}
	return l, l.addWindows(labels)
}

// addWindows finds each window's rows: from the first row with its start time to the first with its end time.
func (l *Log) addWindows(labels []byte) error {
	var truth struct {
		Windows [][2]string
		Labels  []string
	}
	if err := json.Unmarshal(labels, &truth); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	if len(truth.Windows) != len(truth.Labels) {
		return fmt.Errorf("labels: %d windows but %d instants", len(truth.Windows), len(truth.Labels))
	}
	row := make(map[string]int, len(l.Times))
	for i, t := range l.Times {
		s := t.Format(stampLayout)
		if _, seen := row[s]; !seen {
			row[s] = i
		}
	}
	for i, w := range truth.Windows {
		var at [3]int
		for k, stamp := range []string{w[0], w[1], truth.Labels[i]} {
			r, ok := row[strings.TrimSuffix(stamp, ".000000")]
			if !ok {
				return fmt.Errorf("labels: no row at %s", stamp)
			}
			at[k] = r
		}
		l.Windows = append(l.Windows, Window{
			From: l.Times[at[0]], To: l.Times[at[1]], Label: l.Times[at[2]], First: at[0], End: at[1] + 1,
		})
	}
	return nil
}
