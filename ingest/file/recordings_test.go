package file

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"crackle/ingest/block"
)

// TestRecordings reads real files; testdata/README.md tells where they come from.
func TestRecordings(t *testing.T) {
	const demo = "../../cmd/crackle/demo/recordings/"
	for path, c := range map[string]struct {
		o           Options
		channels    string
		rate        float64
		rows        int
		start       string // RFC 3339, "" for unknown
		first, last float32
		missing     int64
		notes       []string
	}{
		"testdata/motor_healthy.csv":   {Options{RateHz: 1000}, "c1,c2,c3", 1000, 1000, "", -1.15157977211092, -2.37472229399571, 0, nil},
		"testdata/request_latency.csv": {Options{}, "value", 1.0 / 300, 121, "2014-03-08T21:11:00Z", 48.592, 49.238, 0, []string{"UTC", "stands still at row 60, 11 times", "longest 3,840 s at row 59", "shorter"}},
		"testdata/hydraulic.txt.gz": {Options{}, "Accel_1,Accel_2,Accel_3,Angle,Temp_1,Temp_2,Temp_3,PG_1,PG_2,PG_3,Lim_2,Lim_3,Lim_1,Internal_Temp", 1, 399, "", 8319, 24.44, 0,
			[]string{`"Time" counts up by 1`, `"F_Names" is empty`, `"F_Values" is empty`, `"Prediction" is empty`}},
		"testdata/DS1054Z-A.csv":     {Options{}, "CH1,CH2,CH3,CH4", 2e9, 118, "", 3.28, 3, 0, []string{`"X" only numbers the rows`}},
		"testdata/DS2072A-5.csv":     {Options{}, "CH1,CH2", 1e8, 118, "", 0, 0, 0, []string{`"X" only numbers the rows`}},
		"testdata/DS1102D-A.csv":     {Options{}, "CH 1 (V),CH 2 (V)", 1 / 1.001e-5, 119, "", 8.08, 0.16, 0, []string{`"X" rises evenly`}},
		"testdata/DS1102E-B.csv":     {Options{}, "CH1", 50e6, 118, "", 4.4, 4.32, 0, nil},
		"testdata/rs_rtp_01.Wfm.csv": {Options{RateHz: 1}, "c1", 1, 120, "", -0.031620555, 0.015810277, 0, nil},
		demo + "machine_temperature_system_failure.csv.gz": {Options{}, "value", 1.0 / 300, 22695, "2013-12-02T21:15:00Z", 73.96732207, 96.90386085, 0,
			[]string{"UTC", "clock steps back by 3,300 s at row 10,150"}},
		demo + "motor_itsc.csv.gz": {Options{RateHz: 1000}, "phase_a_a,phase_b_a,phase_c_a", 1000, 39000, "", 2.5205474, -2.5391643, 0, []string{`"recording" does not hold numbers`}},
	} {
		r, err := Open(path, c.o)
		if err != nil {
			t.Error(err)
			continue
		}
		v, err := drain(t, r)
		i := r.Info()
		if err != nil || len(v) != c.rows*len(i.Channels) || strings.Join(i.Channels, ",") != c.channels || math.Abs(i.RateHz/c.rate-1) > 5e-5 {
			t.Errorf("%s: %v, %d samples, %+v", path, err, len(v), i)
			continue
		}
		start := ""
		if !i.Start.IsZero() {
			start = i.Start.Format("2006-01-02T15:04:05Z07:00")
		}
		if v[0] != c.first || v[len(v)-1] != c.last || i.Missing != c.missing || start != c.start {
			t.Errorf("%s: first %v, last %v, %d missing, start %q", path, v[0], v[len(v)-1], i.Missing, start)
		}
		for k := range max(len(i.Notes), len(c.notes)) {
			if k >= len(i.Notes) || k >= len(c.notes) || !strings.Contains(i.Notes[k], c.notes[k]) {
				t.Errorf("%s: notes %q, want %q", path, i.Notes, c.notes)
				break
			}
		}
	}
}

// A file is read as a stream: memory does not grow with it.
func TestMemoryDoesNotGrow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	row := strings.Repeat("0.123456,-7.5,1e-3\n", 1000)
	for range 1200 { // 23 MB
		if _, err := io.WriteString(f, row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r := mustOpen(t, path, Options{RateHz: 1e4})
	var b block.Block
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rows, last := 0, int64(0)
	for {
		if err := r.Read(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		rows += b.Count()
		if done, total := r.Progress(); done < last || done > total {
			t.Fatalf("progress %d of %d after %d", done, total, last)
		} else {
			last = done
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; rows != 1_200_000 || got > 1<<20 {
		t.Errorf("%d rows, %d bytes allocated", rows, got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A pipe has no size; the rest is the same.
func TestPipe(t *testing.T) {
	rd, wr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(wr, "t,v\n0,1\n0.1,2\n")
		sent <- errors.Join(err, wr.Close())
	}()
	r, err := open(rd, "pipe", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	v, err := drain(t, r)
	if _, total := r.Progress(); err != nil || fmt.Sprint(v) != "[1 2]" || total != 0 || r.Info().RateHz != 10 {
		t.Errorf("%v, %v, size %d, %+v", v, err, total, r.Info())
	}
}
