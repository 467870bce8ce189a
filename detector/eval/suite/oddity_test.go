package suite_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"crackle/detector/eval/suite"
)

// missing checks how many files a report leaves out and how many are silent, and that the result names them.
func missing(t *testing.T, r *suite.Report, keys map[string]any, left, quiet int) {
	t.Helper()
	expect(t, r, "files_left_out", float64(left), float64(left))
	expect(t, r, "files_silent", float64(quiet), float64(quiet))
	expect(t, r, "files_scored", float64(len(r.Traces)), float64(len(r.Traces)))
	if n := len(keys["left_out"].(map[string]any)); n != left {
		t.Errorf("the result names %d files left out, %d are: %v", n, left, keys["left_out"])
	}
	if n := len(keys["silent"].(map[string]any)); n != quiet {
		t.Errorf("the result names %d silent files, %d are: %v", n, quiet, keys["silent"])
	}
}

func TestSKABTakesOddFiles(t *testing.T) {
	dir := t.TempDir()
	whole := loop(1, 900, 500, 700, true)
	lines := bytes.Split(bytes.TrimSpace(whole), []byte("\n"))
	cut := make([][]byte, len(lines)) // without the column changepoint
	for i, l := range lines {
		cut[i] = l[:bytes.LastIndexByte(l, ';')]
	}
	write(t, dir, "data/valve1/0.csv", whole)
	write(t, dir, "data/valve2/0.csv", bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")))
	write(t, dir, "data/other/0.csv", append([]byte("\ufeff"), bytes.Join(cut, []byte("\n"))...))
	write(t, dir, "data/other/1.csv", bytes.Replace(whole, []byte("2020-03-01 12:00:09;"), []byte("2020-03-01 12:00:09;;"), 1)) // ragged
	write(t, dir, "data/other/2.csv", loop(2, 390, 300, 350, true))                                                             // shorter than the lesson
	write(t, dir, "data/other/3.csv", loop(2, 900, 0, 0, true))                                                                 // without a fault
	write(t, dir, "data/other/4.csv", []byte("a;b\n1;2\n"))                                                                     // of something else
	write(t, dir, "data/other/5.csv", nil)                                                                                      // empty
	write(t, dir, "data/other/6.csv", bytes.ReplaceAll(whole, []byte("2020-03-01 "), []byte("2020-03-01T")))                    // other times
	still := loop(3, 900, 500, 700, true)
	write(t, dir, "data/other/7.csv", constant(still, 400))
	write(t, dir, "data/anomaly-free/anomaly-free.csv", loop(3, 900, 0, 0, false))
	write(t, dir, "._0.csv", []byte("junk"))
	r, keys := run(t, "skab", dir)
	missing(t, r, keys, 4, 1)
	expect(t, r, "files_scored", 6, 6)
	expect(t, r, "event_recall", 0.8, 0.8) // four of five faults: of one file nothing could be said
	expect(t, r, "cp_recall", 0.5, 1)
	expect(t, r, "auc", 0.9, 1)
	d, keys := run(t, "normal-drift", dir)
	missing(t, d, keys, 0, 0)
}

// constant makes every channel stand still for the first rows.
func constant(file []byte, rows int) []byte {
	lines := bytes.Split(file, []byte("\n"))
	for i := 1; i <= rows; i++ {
		cells := bytes.Split(lines[i], []byte(";"))
		for c := 1; c <= 8; c++ {
			cells[c] = []byte("1.5")
		}
		lines[i] = bytes.Join(cells, []byte(";"))
	}
	return bytes.Join(lines, []byte("\n"))
}

// A missing value in the rows learned from leaves its row out.
func TestSKABLearnsAroundAMissingValue(t *testing.T) {
	dir := t.TempDir()
	file := loop(1, 900, 600, 700, true)
	line := bytes.Index(file, []byte("2020-03-01 12:01:40;"))
	end := line + bytes.IndexByte(file[line:], '\n')
	cells := bytes.Split(file[line:end], []byte(";"))
	cells[3] = nil
	write(t, dir, "valve1/0.csv", bytes.Join([][]byte{file[:line], bytes.Join(cells, []byte(";")), file[end:]}, nil))
	r, keys := run(t, "skab", dir)
	missing(t, r, keys, 0, 0)
	expect(t, r, "event_recall", 1, 1)
}

func TestNABTakesOddFiles(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 5))
	at := func(i int) time.Time { return time.Date(2014, 1, 1, 0, 5*i, 0, 0, time.UTC) }
	log := func(rows int, value func(i int) float64, stamp func(i int) string) []byte {
		var b strings.Builder
		b.WriteString("timestamp,value\n")
		for i := range rows {
			if s := stamp(i); s != "" {
				fmt.Fprintf(&b, "%s,%v\n", s, value(i))
			}
		}
		return []byte(b.String())
	}
	spike := func(i int) float64 {
		v := 20 + r.NormFloat64()
		if i >= 1500 && i < 1510 {
			v += 40
		}
		return v
	}
	plain := func(i int) string { return at(i).Format(time.DateTime) }
	window := [][2]string{{plain(1450) + ".000000", plain(1550) + ".000000"}}
	files := map[string][]byte{
		"plain":    log(2000, spike, plain),
		"gap":      log(2000, spike, func(i int) string { return map[bool]string{false: plain(i)}[i == 1450 || i > 800 && i < 1100] }), // the window's first row is lost
		"twice":    log(2000, spike, func(i int) string { return plain(i - i%2) }),
		"back":     log(2000, spike, func(i int) string { return plain(i - i/1990*12) }),
		"oneday":   log(2000, spike, func(i int) string { return "2014-01-01 00:00:00" }), // time stands still
		"flat":     log(2000, func(int) float64 { return 0 }, plain),
		"huge":     log(2000, func(i int) float64 { return 1e12 * spike(i) }, plain),
		"short":    log(9, spike, plain),
		"unlisted": log(2000, spike, plain),
		"broken":   []byte("timestamp,value\n2014-01-01 00:00:00,x\n"),
		"hole":     bytes.Replace(log(2000, spike, plain), []byte("\n2014-01-01 02:00:00,"), []byte("\n2014-01-01 02:00:00,NaN"), 1),
	}
	labels := map[string][][2]string{"made/gone.csv": {}}
	for name, content := range files {
		if name == "hole" {
			i := bytes.Index(content, []byte("NaN"))
			j := i + bytes.IndexByte(content[i:], '\n')
			content = append(append([]byte{}, content[:i+3]...), content[j:]...)
		}
		write(t, dir, "data/made/"+name+".csv", content)
		labels["made/"+name+".csv"] = window
	}
	labels["made/flat.csv"], labels["made/short.csv"] = nil, nil
	labels["made/twice.csv"] = [][2]string{{plain(1450) + ".000000", plain(1550) + ".000000"}}
	delete(labels, "made/unlisted.csv")
	text, _ := json.Marshal(labels)
	write(t, dir, "labels/combined_windows.json", text)
	rep, keys := run(t, "nab", dir)
	missing(t, rep, keys, 3, 1) // broken, unlisted, and the one whose window lies where time never came; short learns nothing
	expect(t, rep, "windows", 6, 6)
	expect(t, rep, "windows_found", 5, 6)
	if !strings.Contains(strings.Join(rep.Notes, " "), "1 files that labels") {
		t.Errorf("the notes do not tell of the file that is not there: %q", rep.Notes)
	}
}

func TestUCRTakesOddFiles(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(6, 6))
	wave := func(between string) []byte {
		var b strings.Builder
		for i := range 3000 {
			v := math.Sin(float64(i)/8) + 0.02*r.NormFloat64()
			if i >= 2400 && i < 2420 {
				v = -v
			}
			fmt.Fprintf(&b, "%s%e", between, v)
		}
		return []byte(b.String())
	}
	const deep = "AnomalyDatasets_2021/FilesAreInHere/"
	write(t, dir, deep+"001_UCR_Anomaly_made_1000_2401_2420.txt", wave("\r\n   "))
	write(t, dir, deep+"002_UCR_Anomaly_DISTORTEDone_line_1000_2401_2420.txt", wave("  "))
	write(t, dir, deep+"003_UCR_Anomaly_commas_1000_2401_2420.txt", wave(", "))
	write(t, dir, deep+"004_UCR_Anomaly_DISTORTEDBIDMC1_2500_5400_5600.txt", wave("\n")) // names rows that it does not have
	write(t, dir, deep+"005_UCR_Anomaly_unnumbered.txt", wave("\n"))
	write(t, dir, deep+"006_UCR_Anomaly_end_1000_2401_3020.txt", wave("\n")) // ends after the file
	write(t, dir, deep+"007_UCR_Anomaly_short_lesson_20_2401_2420.txt", wave("\n"))
	still := bytes.Repeat([]byte("1.5\n"), 3000)
	copy(still[4*2400:], bytes.Repeat([]byte("9.5\n"), 20))
	write(t, dir, deep+"008_UCR_Anomaly_still_1000_2401_2420.txt", still)
	write(t, dir, "__MACOSX/._001_UCR_Anomaly_made_1000_2401_2420.txt", []byte("junk"))
	rep, keys := run(t, "ucr-anomaly", dir)
	missing(t, rep, keys, 2, 1)
	expect(t, rep, "accuracy", 0.833, 0.834)
}

func TestTelemanomTakesOddFiles(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(4, 4))
	series := func(rows int, at int) []float64 {
		x := make([]float64, rows)
		for i := range x {
			if x[i] = math.Sin(float64(i)/9) + 0.05*r.NormFloat64(); at > 0 && i >= at && i < at+40 {
				x[i] = 4
			}
		}
		return x
	}
	pair := func(id, kind, shape string, train, test any) {
		write(t, dir, "data/train/"+id+".npy", npy(kind, shape, train))
		write(t, dir, "data/test/"+id+".npy", npy(kind, shape, test))
	}
	pair("P-1", "<f8", "(1500,)", series(1500, 0), series(1500, 900))
	columns := append(series(1500, 900), make([]float64, 1500)...) // kept column by column
	turned := bytes.Replace(npy("<f8", "(1500, 2)", columns), []byte("'fortran_order': False"), []byte("'fortran_order': True "), 1)
	write(t, dir, "data/test/M-1.npy", turned)
	write(t, dir, "data/train/M-1.npy", npy("<f8", "(1500, 1)", series(1500, 0)))
	still := make([]float64, 1500)
	pair("M-2", "<f8", "(1500, 1)", still, append(append(make([]float64, 900), series(40, 0)...), make([]float64, 560)...))
	pair("M-3", "<f8", "(20, 1)", make([]float64, 20), make([]float64, 20)) // too few to learn from
	pair("M-4", "<f8", "(3, 1)", make([]float64, 2), make([]float64, 3))    // cut off
	pair("X-1", "<f8", "(20, 1)", make([]float64, 20), make([]float64, 20)) // without labels
	write(t, dir, "data/test/M-5.npy", npy("<f8", "(20, 1)", make([]float64, 20)))
	write(t, dir, "labeled_anomalies.csv", []byte(`chan_id,spacecraft,anomaly_sequences,class,num_values
P-1,SMAP,"[[900, 939]]",[point],1500
P-1,SMAP,"[[910, 939]]",[point],1500
M-1,MSL,"[[900,939]]",[point],1500
M-2,MSL,"[[900, 939]]",[point],1500
M-3,MSL,"[[1, 2]]",[point],20
M-4,MSL,"[[1, 2]]",[point],3
M-5,MSL,"[[1, 2]]",[point],20
T-9,MSL,"[[1, 2]]",[point],10
`))
	rep, keys := run(t, "telemanom", dir)
	missing(t, rep, keys, 3, 1)
	expect(t, rep, "sequences", 4, 4)
	expect(t, rep, "found", 3, 3)
	if !strings.Contains(strings.Join(rep.Notes, " "), "in labeled_anomalies.csv are not in the folder") {
		t.Errorf("the notes do not tell of the channel that is not there: %q", rep.Notes)
	}
}

// One recording that cannot be read does not cost the others.
func TestITSCNamesWhatItLeavesOut(t *testing.T) {
	dir := t.TempDir()
	for k := range 3 {
		write(t, dir, fmt.Sprintf("motor/SC_HLT/SC_HLT_%03d.csv", k+1), currents(uint64(k), 0.01))
		write(t, dir, fmt.Sprintf("motor/SC_A1_B0_C0/SC_A1_B0_C0_%03d.csv", k+1), currents(uint64(10+k), 0.12))
	}
	write(t, dir, "motor/SC_A2_B0_C0/SC_A2_B0_C0_001.csv", []byte("1,2\n"))
	write(t, dir, "motor/SC_A2_B0_C0/SC_A2_B0_C0_002.csv", []byte("1,2,3\n"))
	r, keys := run(t, "itsc", dir)
	missing(t, r, keys, 2, 0)
	expect(t, r, "fault_recordings_found", 3, 3)
}
