package eval_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"crackle/detector/eval"
)

// golden.json is written by testdata/golden.py with the benchmarks' reference scorers, on random labels and alarms.
type golden struct {
	SKAB []struct {
		Files []struct {
			Seconds          []float64
			Truth, CP, Alarm []int
		}
		F1, FAR, MAR  float64
		Missed, False int
		Standard      float64
		LowFP         float64 `json:"low_fp"`
		LowFN         float64 `json:"low_fn"`
	}
	VUS []struct {
		Truth  []int
		Score  []float64
		Buffer int
		Volume float64
	}
	NAB []struct {
		Files []struct {
			Rows    int
			Windows [][2]int
			Score   []float64
		}
		Threshold float64
		Fixed     map[string]float64
		Best      map[string][2]float64
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.SKAB) < 5 || len(g.NAB) < 5 {
		t.Fatalf("%d and %d cases in golden.json", len(g.SKAB), len(g.NAB))
	}
	return g
}

func flags(x []int) []bool {
	out := make([]bool, len(x))
	for i, v := range x {
		out[i] = v == 1
	}
	return out
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*(1+math.Abs(want))) {
		t.Errorf("%s is %v, the reference scorer says %v", what, got, want)
	}
}

func TestSKABAgreesWithReference(t *testing.T) {
	for k, c := range readGolden(t).SKAB {
		var rows eval.Confusion
		var cps eval.Changepoints
		for _, f := range c.Files {
			rows = rows.Plus(eval.Count(flags(f.Truth), flags(f.Alarm), nil))
			var truth, found []float64
			for i, v := range f.CP {
				if v == 1 {
					truth = append(truth, f.Seconds[i])
				}
			}
			for _, i := range eval.Flips(flags(f.Alarm)) {
				found = append(found, f.Seconds[i])
			}
			var one eval.Changepoints
			one.Add(truth, found, 60)
			cps = cps.Plus(one)
		}
		near(t, "F1", rows.F1(), c.F1)
		near(t, "FAR", rows.FAR(), c.FAR)
		near(t, "MAR", rows.MAR(), c.MAR)
		near(t, "standard", cps.Score(eval.Standard), c.Standard)
		near(t, "low_fp", cps.Score(eval.LowFP), c.LowFP)
		near(t, "low_fn", cps.Score(eval.LowFN), c.LowFN)
		if cps.Missed != c.Missed || cps.False != c.False {
			t.Errorf("case %d: %d missed and %d false, the reference scorer says %d and %d", k, cps.Missed, cps.False, c.Missed, c.False)
		}
	}
}

func TestNABAgreesWithReference(t *testing.T) {
	for _, c := range readGolden(t).NAB {
		var sum eval.NABSum
		var files []*eval.NABFile
		var scores [][]float64
		for _, f := range c.Files {
			file := eval.NewNABFile(f.Rows, f.Windows)
			alarm := make([]bool, f.Rows)
			for i, s := range f.Score {
				alarm[i] = s >= c.Threshold
			}
			var one eval.NABSum
			one.Add(file, alarm)
			sum = sum.Plus(one)
			files, scores = append(files, file), append(scores, f.Score)
		}
		for p, name := range map[eval.Profile]string{eval.Standard: "standard", eval.LowFP: "low_FP", eval.LowFN: "low_FN"} {
			near(t, "fixed "+name, sum.Score(p), c.Fixed[name])
			best, at := eval.BestNAB(files, scores, p)
			near(t, "best "+name, best, c.Best[name][0])
			if best > 0 {
				near(t, "threshold of "+name, at, c.Best[name][1])
			}
		}
	}
}

func TestVolumeAgreesWithPlainFormula(t *testing.T) {
	for _, c := range readGolden(t).VUS {
		near(t, "volume", eval.VUSPR(flags(c.Truth), c.Score, c.Buffer), c.Volume)
	}
}
