// Command _gen packs the demo's recordings from the original data sets.
//
//	go run ./_gen -motor DIR -nab DIR
//
// DIR are an unpacked copy of the motor set (one folder per class, SC_*/SC_*_NNN.csv) and of the NAB set (data/, labels/);
// recordings/README.md names both sources and their commits.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

const (
	out         = "recordings"
	temperature = "realKnownCause/machine_temperature_system_failure.csv"
)

func main() {
	motor := flag.String("motor", "", "folder of the motor set")
	nab := flag.String("nab", "", "folder of the NAB set")
	flag.Parse()
	if err := errors.Join(packMotor(*motor), packTemperature(*nab)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// packMotor writes all recordings as one CSV, numbers as the shortest decimals that give the same float32, and their checksums:
// of each original file and of its samples as little-endian float32.
func packMotor(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "SC_*", "SC_*.csv"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no SC_*/SC_*.csv under %q: give the motor set's folder with -motor", dir)
	}
	sort.Strings(files)
	var csv, sums bytes.Buffer
	csv.WriteString("recording,phase_a_a,phase_b_a,phase_c_a\n")
	for _, f := range files {
		original, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(f), ".csv")
		samples := sha256.New()
		for i, line := range strings.Split(strings.TrimSpace(string(original)), "\r\n") {
			csv.WriteString(name)
			for cell := range strings.SplitSeq(line, ",") {
				v, err := strconv.ParseFloat(cell, 32)
				if err != nil {
					return fmt.Errorf("%s:%d: %w", f, i+1, err)
				}
				csv.WriteByte(',')
				csv.WriteString(strconv.FormatFloat(v, 'g', -1, 32))
				_ = binary.Write(samples, binary.LittleEndian, math.Float32bits(float32(v))) // a hash never fails
			}
			csv.WriteByte('\n')
		}
		fmt.Fprintf(&sums, "%x %x %s\n", sha256.Sum256(original), samples.Sum(nil), name)
	}
	return errors.Join(
		compress("motor_itsc.csv.gz", csv.Bytes()),
		os.WriteFile(filepath.Join(out, "motor_itsc.sums"), sums.Bytes(), 0o644))
}

// packTemperature keeps the CSV as it is and takes its labels out of the corpus-wide files.
func packTemperature(dir string) error {
	csv, err := os.ReadFile(filepath.Join(dir, "data", temperature))
	if err != nil {
		return err
	}
	var truth struct {
		Windows [][2]string `json:"windows"`
		Labels  []string    `json:"labels"`
	}
	for name, into := range map[string]any{"combined_windows.json": &truth.Windows, "combined_labels.json": &truth.Labels} {
		raw, err := os.ReadFile(filepath.Join(dir, "labels", name))
		if err != nil {
			return err
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := json.Unmarshal(all[temperature], into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	labels, err := json.MarshalIndent(truth, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		compress(filepath.Base(temperature)+".gz", csv),
		os.WriteFile(filepath.Join(out, "machine_temperature_system_failure.labels.json"), append(labels, '\n'), 0o644))
}

// compress leaves name and time out of the gzip header, so that the same input gives the same bytes.
func compress(name string, data []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name), b.Bytes(), 0o644)
}
