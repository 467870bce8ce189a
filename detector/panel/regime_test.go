package panel

import "testing"

// walk steps and settles a panel over rows, and gives the opinions.
func walk(p *Panel, rows [][]float64) []Opinion {
	out := make([]Opinion, len(rows))
	for i, r := range rows {
		p.Step(&out[i], r)
		p.Settle(&out[i])
	}
	return out
}

// shifted is good rows whose first two features stand higher from one row to another.
func shifted(seed uint64, n, from, to int, by float64) [][]float64 {
	rows := rowsOf(seed, n)
	for i := from; i < to; i++ {
		rows[i][0] += by
		rows[i][1] += 2 * by
	}
	return rows
}

func settled(t *testing.T, accept int) *Panel {
	t.Helper()
	l := lesson(1, true)
	l.Accept = accept
	p, err := Learn(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// episodes counts stretches of rows that are above the limit or recovering from it.
func episodes(os []Opinion, from, to int) (n int) {
	on := false
	for _, o := range os[from:to] {
		was := on
		on = o.Score > o.Limit || o.State == Recovering
		if on && !was {
			n++
		}
	}
	return n
}

// A fault that goes is one episode, its aftermath recovery, and the process is then at the known level again.
func TestRecoveryIsNotAnotherFault(t *testing.T) {
	p := settled(t, 600)
	os := walk(p, shifted(4, 700, 300, 360, 6))
	if n := episodes(os, 295, 600); n != 1 {
		t.Errorf("%d episodes of one fault", n)
	}
	recovering := 0
	for _, o := range os[360:420] {
		if o.State == Recovering {
			recovering++
		}
	}
	if recovering < settleRows || os[650].State != Steady {
		t.Errorf("%d rows of recovery after the fault, state %v at the end", recovering, os[650].State)
	}
}

// A level that has come to stay is one episode and then a new regime, where faults are seen as before; and when the known level returns that is seen, too.
func TestLastingShiftBecomesANewRegime(t *testing.T) {
	p := settled(t, 200)
	rows := shifted(5, 1600, 300, 1100, 6)
	for i := 800; i < 830; i++ {
		rows[i][2] += 8
	}
	os := walk(p, rows)
	if n := episodes(os, 295, 700); n != 1 {
		t.Errorf("%d episodes of one lasting shift", n)
	}
	if os[700].State != NewRegime || os[400].State == NewRegime {
		t.Errorf("state %v long after the shift, %v soon after it", os[700].State, os[400].State)
	}
	found := 0
	for _, o := range os[800:830] {
		if o.Score > o.Limit {
			found++
		}
	}
	if found < 20 {
		t.Errorf("%d of 30 rows of a fault in the new regime are above the limit", found)
	}
	if n := episodes(os, 1250, 1600); os[1500].State != Steady || n > 1 {
		t.Errorf("back at the known level: state %v, %d episodes", os[1500].State, n)
	}
	above := 0
	for _, o := range os[1250:] {
		if o.Score > o.Limit {
			above++
		}
	}
	if above > 5 {
		t.Errorf("%d rows at the known level are above the limit", above)
	}
	q := settled(t, 0)
	if os := walk(q, rows[:1000]); os[999].State == NewRegime || !(os[990].Score > os[990].Limit) {
		t.Errorf("never to be accepted, but %+v", os[990])
	}
}

// A fresh start forgets the last rows and not the level; what forgets it all is Forget. The state holds it.
func TestRegimeOutlivesAFreshStart(t *testing.T) {
	p, q := settled(t, 200), settled(t, 200)
	rows := shifted(5, 1200, 300, 1200, 6)
	walk(p, rows[:700])
	p.Reset()
	if err := q.RestoreState(p.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	a, b := walk(p, rows[700:900]), walk(q, rows[700:900])
	for i := range a {
		if !same(a[i].Score, b[i].Score) || a[i].State != b[i].State {
			t.Fatalf("row %d: %+v, restored %+v", i, a[i], b[i])
		}
	}
	if a[150].State != NewRegime {
		t.Errorf("after a fresh start %+v", a[150])
	}
	p.Forget()
	if c := walk(p, rows[900:950]); c[40].State == NewRegime || !(c[40].Score > c[40].Limit) {
		t.Errorf("after all was forgotten %+v", c[40])
	}
}
