package member_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"crackle/detector/member"
)

// walk gives rows of four channels, noise on walks that take steps of that size from row 400 on; those of the lesson take half of it.
func walk(seed uint64, n int, step float64, after func(i int, row []float64)) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 11))
	level := make([]float64, 4)
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, 4)
		for j := range level {
			size := step
			if i < 400 {
				size /= 2
			}
			level[j] += size * r.NormFloat64()
			out[i][j] = level[j] + r.NormFloat64()
		}
		if after != nil {
			after(i, out[i])
		}
	}
	return out
}

func countAlarms(t *testing.T, c member.WatchConfig, rows [][]float64, from int) int {
	t.Helper()
	w, err := member.NewWatch(c, rows[:400])
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, r := range rows {
		if s := w.Step(r); i >= from && s.State.InAlarm() {
			n++
		}
	}
	return n
}

// A process that wanders more than its lesson showed is in alarm less, once the wander has been learned on; it is not blind afterwards.
func TestWanderIsLearnedOn(t *testing.T) {
	const rows, late = 6000, 3000
	on, off, found := 0, 0, 0
	for seed := range uint64(6) {
		wild := walk(seed, rows, 0.08, nil)
		on += countAlarms(t, member.WatchConfig{}, wild, late)
		off += countAlarms(t, member.WatchConfig{Level: member.LevelConfig{Onward: 1 << 20}}, wild, late) // no row ever counts as good
		torn := walk(seed, rows+100, 0.08, func(i int, row []float64) {
			if i >= rows {
				row[0] += 12
				row[1] -= 12
			}
		})
		if countAlarms(t, member.WatchConfig{}, torn, rows) > 50 {
			found++
		}
	}
	if on*2 > off {
		t.Errorf("%d rows in alarm where wander is learned on, %d where it is not", on, off)
	}
	if found < 5 {
		t.Errorf("%d of 6 faults of two channels found afterwards", found)
	}
}

// A fault does not teach: rows of an episode, and those shortly before it, leave the scales as they were, so that the fault stays found and
// the next one is, too.
func TestFaultsAreNotLearnedOn(t *testing.T) {
	for seed := range uint64(5) {
		rows := plant(seed, 2000, func(_ *rand.Rand, i int, row []float64) {
			switch {
			case i >= 500 && i < 560: // slowly
				row[2] -= 5 * float64(i-500) / 60
			case i >= 560 && i < 900:
				row[2] -= 5
			case i >= 1300:
				row[2] -= 4
			}
		})
		w, err := member.NewWatch(member.WatchConfig{}, rows[:400])
		if err != nil {
			t.Fatal(err)
		}
		var first, second int
		for i, r := range rows {
			switch s := w.Step(r); {
			case s.State.InAlarm() && i >= 960 && i < 1300:
				first++
			case s.State.InAlarm() && i >= 1700 && i < 2000:
				second++
			}
		}
		if first < 300 || second < 240 {
			t.Errorf("seed %d: %d of 340 and %d of 300 rows found", seed, first, second)
		}
	}
}

// What is kept of a wander that does not fit is refused.
func TestBadWanderIsRefused(t *testing.T) {
	rows := quiet(400, 1)
	l, err := member.NewLevel(member.LevelConfig{Onward: 150}, rows)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back member.Level
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	run := quiet(900, 2)
	for i, v := range member.Scores(l, run) {
		if got := back.Score(run[i]); math.Float64bits(got) != math.Float64bits(v) && !math.IsNaN(v) {
			t.Fatalf("row %d: %v after keeping, %v before", i, got, v)
		}
	}
	for _, change := range [][2]string{
		{`"onward":{"rows":400`, `"onward":{"rows":3`}, {`"noise":[`, `"noise":[1,`}, {`"noise":[`, `"noise":[-`}, {`"first":[[`, `"first":[[1,`}, {`"first":[`, `"first":[[1],`},
		{`"Onward":150`, `"Onward":-1`}, {`"Onward":150`, `"Onward":999999999999`}, {`,"onward":{`, `,"other":{`}, {`"square":`, `"square":-`},
	} {
		bad := strings.Replace(string(b), change[0], change[1], 1)
		if bad == string(b) {
			t.Fatal(fmt.Errorf("the file has no %s: %s", change[0], b))
		}
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("a file with %s was taken", change[1])
		}
	}
}
