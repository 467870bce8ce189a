package suite_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/detector/eval/suite"
)

func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a suite twice, checks that both agree to the byte, and gives the report and its JSON.
func run(t *testing.T, name, dir string) (*suite.Report, map[string]any) {
	t.Helper()
	var texts [2][]byte
	var r *suite.Report
	for i := range texts {
		var err error
		if r, err = suite.Run(context.Background(), name, dir); err != nil {
			t.Fatal(err)
		}
		if texts[i], err = json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Errorf("two runs differ:\n%s\n%s", texts[0], texts[1])
	}
	var keys map[string]any
	if err := json.Unmarshal(texts[0], &keys); err != nil {
		t.Fatalf("%v in %s", err, texts[0])
	}
	return r, keys
}

func expect(t *testing.T, r *suite.Report, name string, low, high float64) {
	t.Helper()
	if v := r.Get(name); !(v >= low && v <= high) {
		t.Errorf("%s is %v, expected %v to %v", name, v, low, high)
	}
}

// loop writes a recording of a pump loop: eight channels, a fault of the last two between two rows.
func loop(seed uint64, rows, from, to int, labelled bool) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("datetime;Accelerometer1RMS;Accelerometer2RMS;Current;Pressure;Temperature;Thermocouple;Voltage;Volume Flow RateRMS")
	if labelled {
		b.WriteString(";anomaly;changepoint")
	}
	b.WriteString("\n")
	for i := range rows {
		fault := i >= from && i < to
		fmt.Fprint(&b, time.Date(2020, 3, 1, 12, 0, i, 0, time.UTC).Format(time.DateTime))
		for c := range 8 {
			v := 10 + float64(c) + r.NormFloat64()
			if fault && c >= 6 {
				v -= 8
			}
			fmt.Fprintf(&b, ";%.6f", v)
		}
		if labelled {
			bit := map[bool]string{true: "1.0", false: "0.0"}
			fmt.Fprintf(&b, ";%s;%s", bit[fault], bit[i == from || i == to])
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

func TestSKABOnAFolderOfTwo(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "valve1/0.csv", loop(1, 900, 500, 700, true))
	write(t, dir, "other/1.csv", loop(2, 900, 600, 750, true))
	write(t, dir, "anomaly-free/anomaly-free.csv", loop(3, 900, 0, 0, false))
	r, keys := run(t, "skab", dir)
	expect(t, r, "f1", 0.85, 1)
	expect(t, r, "far", 0, 18) // an episode outlasts a sudden recovery by the rows it takes to settle
	expect(t, r, "mar", 0, 8)
	expect(t, r, "f1_moved", 0.8, 1)
	expect(t, r, "mar_moved", 0, 12)
	expect(t, r, "cp_recall", 1, 1)
	expect(t, r, "event_recall", 1, 1)
	for _, k := range []string{"f1", "far", "mar", "cp_precision", "cp_recall", "nab_standard", "intervals_95", "beside", "files"} {
		if keys[k] == nil {
			t.Errorf("the result has no %q", k)
		}
	}
	always := keys["beside"].(map[string]any)["always alarm"].(map[string]any)
	if far := always["far"].(float64); far != 100 {
		t.Errorf("always alarm has a false-alarm rate of %v", far)
	}
	if len(r.Traces) != 2 {
		t.Errorf("%d files, the one without labels is not one", len(r.Traces))
	}
	if one, _ := run(t, "skab", filepath.Join(dir, "valve1")); len(one.Traces) != 1 {
		t.Errorf("%d files in one of the folders", len(one.Traces))
	}
	d, _ := run(t, "normal-drift", dir)
	expect(t, d, "rows", 500, 500)
	expect(t, d, "rows_in_alarm", 0, 0.02)
}

func TestNABOnASpike(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	b.WriteString("timestamp,value\n")
	at := func(i int) time.Time { return time.Date(2014, 1, 1, 0, 5*i, 0, 0, time.UTC) }
	for i := range 2000 {
		v := 20 + 5*math.Sin(2*math.Pi*float64(i)/288) + r.NormFloat64()
		if i >= 1500 && i < 1510 {
			v += 40
		}
		fmt.Fprintf(&b, "%s,%v\n", at(i).Format(time.DateTime), v)
	}
	write(t, dir, "data/made/spike.csv", []byte(b.String()))
	stamp := func(i int) string { return at(i).Format(time.DateTime) + ".000000" }
	labels, _ := json.Marshal(map[string][][2]string{"made/spike.csv": {{stamp(1450), stamp(1550)}}, "made/missing.csv": {}})
	write(t, dir, "labels/combined_windows.json", labels)
	rep, keys := run(t, "nab", dir)
	expect(t, rep, "windows_found", 1, 1)
	expect(t, rep, "standard", 40, 100)
	for _, k := range []string{"standard", "low_fp", "low_fn", "fixed_threshold"} {
		if keys[k] == nil {
			t.Errorf("the result has no %q", k)
		}
	}
}

// currents writes three phases of 60 Hz; unbalance is the share of negative sequence.
func currents(seed uint64, unbalance float64) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	for i := range 1000 {
		for k := range 3 {
			w, p := 2*math.Pi*60.02*float64(i)/1000, 2*math.Pi/3*float64(k)
			v := 3*math.Cos(w-p) + 3*unbalance*math.Cos(w+p+0.5) + 0.02*r.NormFloat64()
			fmt.Fprintf(&b, "%.12f", v)
			if k < 2 {
				b.WriteString(",")
			}
		}
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

func TestITSCTellsUnbalance(t *testing.T) {
	dir := t.TempDir()
	for k := range 3 {
		write(t, dir, fmt.Sprintf("SC_HLT/SC_HLT_%03d.csv", k+1), currents(uint64(k), 0.01))
		write(t, dir, fmt.Sprintf("SC_A1_B0_C0/SC_A1_B0_C0_%03d.csv", k+1), currents(uint64(10+k), 0.12))
	}
	r, _ := run(t, "itsc", dir)
	expect(t, r, "fault_recordings_found", 3, 3)
	expect(t, r, "healthy_recordings_flagged", 0, 0)
	expect(t, r, "auc", 1, 1)
}

// npy is a NumPy file of version 1.
func npy(kind, shape string, data any) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", kind, shape)
	head += strings.Repeat(" ", (64-(10+len(head)+1)%64)%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	_ = binary.Write(&b, binary.LittleEndian, uint16(len(head)))
	b.WriteString(head)
	_ = binary.Write(&b, binary.LittleEndian, data)
	return b.Bytes()
}

func TestBurnOnTwelveParts(t *testing.T) {
	dir := t.TempDir()
	const parts, positions, long = 12, 40, 200
	r := rand.New(rand.NewPCG(9, 9))
	data := make([]int16, 0, parts*positions*long)
	var index strings.Builder
	index.WriteString("part,position,part_class,position_label\n")
	for p := range parts {
		for k := range positions {
			class, label, gain := "none", 0, 100.0
			if p >= 6 {
				class = "temper"
				if k >= 25 && k < 30 {
					label, gain = 1, 160
				}
			}
			fmt.Fprintf(&index, "sp%02d,%d,%s,%d\n", p, k, class, label)
			for range long {
				data = append(data, int16(gain*r.NormFloat64()))
			}
		}
	}
	write(t, dir, "burn_waves.npy", npy("<i2", "(12, 40, 200)", data))
	write(t, dir, "burn_index.csv", []byte(index.String()))
	rep, _ := run(t, "mbn-burn", dir)
	expect(t, rep, "auc", 0.95, 1)
	expect(t, rep, "part_auc", 1, 1)
	expect(t, rep, "event_recall", 1, 1)
}

func TestTelemanomOnOneChannel(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(4, 4))
	series := func(rows int, at int) []byte {
		x := make([]float64, 0, 2*rows)
		for i := range rows {
			v := math.Sin(float64(i)/9) + 0.05*r.NormFloat64()
			if at > 0 && i >= at && i < at+40 {
				v = 4
			}
			x = append(x, v, 0)
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(npy("<f8", fmt.Sprintf("(%d, 2)", rows), x))
		_ = z.Close()
		return b.Bytes()
	}
	write(t, dir, "train/P-1.npy.gz", series(1500, 0))
	write(t, dir, "test/P-1.npy.gz", series(1500, 900))
	write(t, dir, "labeled_anomalies.csv", []byte("chan_id,spacecraft,anomaly_sequences,class,num_values\nP-1,SMAP,\"[[900, 939]]\",[point],1500\nP-2,SMAP,\"[[1, 2]]\",[point],10\n"))
	rep, _ := run(t, "telemanom", dir)
	expect(t, rep, "recall", 1, 1)
	expect(t, rep, "sequences", 1, 1)
	expect(t, rep, "false_sequences", 0, 3)
}

func TestUCRNamesTheRow(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(6, 6))
	var b strings.Builder
	for i := range 3000 {
		v := math.Sin(float64(i)/8) + 0.02*r.NormFloat64()
		if i >= 2400 && i < 2420 {
			v = -v
		}
		fmt.Fprintf(&b, "  %e\n", v)
	}
	write(t, dir, "001_UCR_Anomaly_made_1000_2401_2420.txt", []byte(b.String()))
	rep, _ := run(t, "ucr-anomaly", dir)
	expect(t, rep, "accuracy", 1, 1)
	expect(t, rep, "least_contrast", 1.5, math.Inf(1))
}

func TestRefusalsNameTheFile(t *testing.T) {
	dir := t.TempDir()
	bad := bytes.Replace(loop(1, 600, 500, 550, true), []byte("2020-03-01 12:00:09;"), []byte("2020-03-01 12:00:09;x"), 1)
	write(t, dir, "valve1/0.csv", bad)
	write(t, dir, "short/valve1/0.csv", loop(1, 300, 200, 250, true))
	write(t, dir, "deep/hollow/labeled_anomalies.csv", nil)
	for _, c := range []struct{ suite, dir, want string }{
		{"skab", dir, "valve1/0.csv, line 11"},
		{"skab", filepath.Join(dir, "short"), "300 rows"},
		{"nab", dir, "data/*/*.csv"},
		{"itsc", dir, "SC_*"},
		{"mbn-burn", dir, "burn_waves.npy"},
		{"telemanom", dir, "no file labeled_anomalies.csv: name the benchmark's folder"},
		{"telemanom", filepath.Join(dir, "deep", "hollow"), "the file is empty"},
		{"ucr-anomaly", dir, "UCR_Anomaly"},
		{"skab", filepath.Join(dir, "nowhere"), "nowhere"},
		{"other", dir, "no suite"},
	} {
		_, err := suite.Run(context.Background(), c.suite, c.dir)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("suite %s: %v, expected a word of %q", c.suite, err, c.want)
		}
	}
}

// A value that is missing after the lesson leaves its row out and nothing else; lessons moved over it are left out.
func TestSKABLivesWithAMissingValue(t *testing.T) {
	dir := t.TempDir()
	file := loop(1, 900, 600, 700, true)
	line := bytes.Index(file, []byte("2020-03-01 12:07:30;")) // row 450
	end := line + bytes.IndexByte(file[line:], '\n')
	cells := bytes.Split(file[line:end], []byte(";"))
	cells[1] = []byte("NaN")
	write(t, dir, "valve1/0.csv", slices.Concat(file[:line], bytes.Join(cells, []byte(";")), file[end:]))
	r, _ := run(t, "skab", dir)
	expect(t, r, "event_recall", 1, 1)
	expect(t, r, "mar_moved", 0, 12)
}

func TestSuitesStopWhenTold(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "valve1/0.csv", loop(1, 600, 500, 550, true))
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := suite.Run(ctx, "skab", dir); err == nil {
		t.Error("a cancelled run gave a result")
	}
}
