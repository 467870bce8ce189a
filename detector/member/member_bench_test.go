package member_test

import (
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"crackle/detector/member"
)

// An hour of 16 features at 10 a second is learned within seconds of a core, whatever else the machine does; the benchmark says how long exactly.
func TestForecasterLearnsAnHourInOneGo(t *testing.T) {
	rows := hour()
	start := cpuTime(t)
	if _, err := member.NewForecaster(member.ForecasterConfig{}, rows); err != nil {
		t.Fatal(err)
	}
	if took := cpuTime(t) - start; took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// cpuTime is what this process has computed so far.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func hour() [][]float64 {
	r := rand.New(rand.NewPCG(8, 8))
	rows := make([][]float64, 36000)
	for i := range rows {
		rows[i] = make([]float64, 16)
		for j := range rows[i] {
			rows[i][j] = math.Sin(float64(i)/float64(5+j)) + 0.1*r.NormFloat64()
		}
	}
	return rows
}

func BenchmarkTeachForecaster(b *testing.B) {
	rows := hour()
	for b.Loop() {
		if _, err := member.NewForecaster(member.ForecasterConfig{}, rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	rows := hour()
	level, err := member.NewLevel(member.LevelConfig{}, rows[:4000])
	if err != nil {
		b.Fatal(err)
	}
	forecaster, err := member.NewForecaster(member.ForecasterConfig{}, rows[:4000])
	if err != nil {
		b.Fatal(err)
	}
	watch, err := member.NewWatch(member.WatchConfig{}, rows[:4000])
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range []member.Member{level, forecaster, watch} {
		b.Run(m.Name(), func(b *testing.B) {
			i := 0
			for b.Loop() {
				m.Score(rows[i%len(rows)])
				i++
			}
		})
	}
}
