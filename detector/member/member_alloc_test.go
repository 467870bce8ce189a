package member_test

import "testing"

func TestStepsAllocateNothing(t *testing.T) {
	rows, run := quiet(400, 1), quiet(600, 2)
	for _, m := range members(t, rows) {
		for _, r := range run {
			m.Score(r)
		}
		i := 0
		if n := testing.AllocsPerRun(500, func() {
			m.Score(run[i%len(run)])
			i++
		}); n != 0 {
			t.Errorf("%s: %v allocations a step", m.Name(), n)
		}
	}
}
