package panel

import "testing"

func TestStepAllocatesNothing(t *testing.T) {
	p := learnt(t)
	rows := faulty()
	rows = append(rows[:150], rows[151:]...)
	for range 20 {
		scored(p, rows)
	}
	var o Opinion
	i := 0
	state := p.AppendState(nil)
	if n := testing.AllocsPerRun(1000, func() {
		p.Step(&o, rows[i%len(rows)])
		p.Causes()
		state = p.AppendState(state[:0])
		i++
	}); n != 0 {
		t.Errorf("%v allocations a step, want 0", n)
	}
}
