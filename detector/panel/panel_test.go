package panel

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector/member"
	"crackle/rnn"
)

// rowsOf is an AR(1) process in three features; bad rows are NaN nowhere.
func rowsOf(seed uint64, n int) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 9))
	out := make([][]float64, n)
	x := [3]float64{}
	for i := range out {
		for j := range x {
			x[j] = 0.5*x[j] + 0.866*r.NormFloat64()
		}
		out[i] = []float64{5 + x[0], 100 + 2*x[1], 0.5*x[0] + x[2]}
	}
	return out
}

func lesson(seed uint64, quick bool) *Lesson {
	rows := rowsOf(seed, 2400)
	return &Lesson{
		Fit: [][][]float64{rows[:900], rows[900:1200]}, Held: [][][]float64{rows[1250:1800], rows[1800:]},
		Middle: []float64{5, 100, 0}, Width: []float64{1, 2, 1.1}, MinChange: make([]float64, 3), Margin: 1.25,
		Warmup: 4, Quick: quick, Hidden: 8, Epochs: 12, Rate: 0.01, Seed: 1,
	}
}

func learnt(t testing.TB) *Panel {
	t.Helper()
	p, err := Learn(t.Context(), lesson(1, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Absent()) > 0 {
		t.Fatalf("absent: %+v", p.Absent())
	}
	return p
}

// faulty is normal for 200 rows, then its first feature leaves for a while; one row is not finite.
func faulty() [][]float64 {
	rows := rowsOf(7, 330)
	for i := 200; i < 260; i++ {
		rows[i][0] += 9
	}
	rows[150] = []float64{5, math.NaN(), 0}
	return rows
}

func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }

// scored runs a panel over rows and keeps all that it says.
func scored(p *Panel, rows [][]float64) (os []Opinion, each [][]float64) {
	for _, r := range rows {
		var o Opinion
		p.Step(&o, r)
		os, each = append(os, o), append(each, append([]float64(nil), p.Last()...))
	}
	return os, each
}

func TestPanelFindsTheFaultAndNamesIt(t *testing.T) {
	p := learnt(t)
	os, _ := scored(p, rowsOf(3, 2000))
	above := 0
	for _, o := range os[p.Warmup():] {
		if o.Score > p.Limit() {
			above++
		}
	}
	if above > 4 {
		t.Errorf("%d of 2000 good rows are above the limit", above)
	}
	p.Reset()
	found := 0
	for i, r := range faulty()[:260] {
		var o Opinion
		p.Step(&o, r)
		if i < 200 || o.Score <= p.Limit() {
			continue
		}
		c := p.Causes()
		if found++; c.Share[0] < c.Share[1] || math.Abs(c.Got[0]-c.Expected[0]) < 0.3 {
			t.Errorf("row %d: %s spoke with %+v", i, o.Member, c)
		}
	}
	if found < 50 {
		t.Errorf("%d of 60 faulty rows are above the limit", found)
	}
}

// The scores of a cut-off recording equal the first scores of the whole one, bit for bit, for every member: none looks ahead.
func TestEveryMemberIsCausal(t *testing.T) {
	p := learnt(t)
	rows := faulty()
	_, whole := scored(p, rows)
	for _, cut := range []int{1, 40, 151, 230} {
		p.Reset()
		_, part := scored(p, rows[:cut])
		for i := range part {
			for k, name := range p.Members() {
				if !same(whole[i][k], part[i][k]) {
					t.Fatalf("%s, row %d: %v, in the recording cut at %d %v", name, i, whole[i][k], cut, part[i][k])
				}
			}
		}
	}
}

// A panel that was kept and read again says the same to the bit, with the same file again.
func TestKeptPanelSaysTheSame(t *testing.T) {
	p := learnt(t)
	f, err := p.File()
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	g, err := rnn.ParseFile(b)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Load(g)
	if err != nil {
		t.Fatal(err)
	}
	rows := faulty()
	x, xs := scored(p, rows)
	y, ys := scored(q, rows)
	for i := range x {
		if !same(x[i].Score, y[i].Score) || !same(x[i].Raw, y[i].Raw) || x[i].Member != y[i].Member {
			t.Fatalf("row %d: %+v, read again %+v", i, x[i], y[i])
		}
		for k := range xs[i] {
			if !same(xs[i][k], ys[i][k]) {
				t.Fatalf("row %d, %s: %v and %v", i, p.Members()[k], xs[i][k], ys[i][k])
			}
		}
	}
	again, err := q.File()
	if err != nil {
		t.Fatal(err)
	}
	if Digest(again) != Digest(f) || Digest(g) != Digest(f) {
		t.Error("the panel that was read again writes another file")
	}
	for _, name := range q.Members() {
		if d, ok := q.Member(name).(member.Differentiable); ok {
			if _, err := d.Gradients(); err != nil {
				t.Errorf("%s has no gradients any more: %v", name, err)
			}
		}
	}
}

// Stopped anywhere and gone on with in another panel, it says the same to the bit.
func TestPanelGoesOnFromItsState(t *testing.T) {
	p, q := learnt(t), learnt(t)
	rows := faulty()
	rapid.Check(t, func(t *rapid.T) {
		stop, other := rapid.IntRange(0, len(rows)-1).Draw(t, "stop"), rapid.IntRange(0, 50).Draw(t, "other")
		p.Reset()
		q.Reset()
		scored(p, rows[:stop])
		scored(q, rows[100:100+other])
		state := p.AppendState([]byte("x"))[1:]
		if err := q.RestoreState(state); err != nil {
			t.Fatal(err)
		}
		a, _ := scored(p, rows[stop:])
		b, _ := scored(q, rows[stop:])
		for i := range a {
			if !same(a[i].Score, b[i].Score) || a[i].Member != b[i].Member {
				t.Fatalf("stopped at %d, row %d: %+v, restored %+v", stop, stop+i, a[i], b[i])
			}
		}
	})
}

// A state that does not fit is refused and changes nothing.
func TestForeignStatesAreRefused(t *testing.T) {
	p := learnt(t)
	rows := faulty()
	scored(p, rows[:230])
	state := p.AppendState(nil)
	for _, bad := range [][]byte{nil, {1}, state[:len(state)-1], state[:len(state)/2], append(append([]byte(nil), state...), 1)} {
		if p.RestoreState(bad) == nil {
			t.Errorf("%d bytes of %d were taken", len(bad), len(state))
		}
		if string(p.AppendState(nil)) != string(state) {
			t.Fatalf("%d bytes of %d changed the panel", len(bad), len(state))
		}
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	f, err := learnt(t).File()
	if err != nil {
		t.Fatal(err)
	}
	text := f.Metadata[MetaKey]
	for name, change := range map[string][2]string{
		"unknown member": {`"name":"rms"`, `"name":"magic"`}, "twice": {`"name":"rms"`, `"name":"level"`}, "limit": {`"limit":`, `"limit":-1,"was":`},
		"width": {`"min_change":[0,0,0]`, `"min_change":[0,0]`}, "no tail": {`"largest":{`, `"gone":{`}, "no network": {`"network":{`, `"gone":{`}, "not JSON": {`{`, ``},
	} {
		g := &rnn.File{Tensors: f.Tensors, Metadata: map[string]string{rnn.MetaConfig: f.Metadata[rnn.MetaConfig], MetaKey: strings.Replace(text, change[0], change[1], 1)}}
		if g.Metadata[MetaKey] == text {
			t.Fatalf("%s: the file has no %s", name, change[0])
		}
		if _, err := Load(g); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// A change within the tolerance never scores above the limit, by whatever member; a larger one does.
func TestToleranceHoldsForEveryMember(t *testing.T) {
	l := lesson(1, false)
	l.MinChange = []float64{30, 300, 30}
	p, err := Learn(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	rows := faulty()
	os, _ := scored(p, rows)
	for i, o := range os {
		if o.Score > p.Limit() {
			t.Fatalf("row %d: %+v with a limit of %v", i, o, p.Limit())
		}
	}
	rows[300][2] += 200
	p.Reset()
	os, _ = scored(p, rows)
	if !(os[300].Score > p.Limit()) {
		t.Errorf("a change of 200 where 30 are allowed: %+v", os[300])
	}
}

// When it is to be quick no network is trained; members that cannot learn are left out, and said so.
func TestAbsentMembers(t *testing.T) {
	p, err := Learn(t.Context(), lesson(1, true))
	if err != nil {
		t.Fatal(err)
	}
	if p.Member("gru") == nil || p.Member("autoencoder") != nil {
		t.Errorf("members %v", p.Members())
	}
	l := lesson(1, false)
	l.Fit, l.Held = [][][]float64{l.Fit[0][:30]}, [][][]float64{l.Held[0][:30]}
	if p, err = Learn(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if len(p.Members()) != 1 || p.Members()[0] != "gru" || len(p.Absent()) != len(kinds)-1 {
		t.Errorf("of 30 rows learn %v; absent are %+v", p.Members(), p.Absent())
	}
	l.Fit[0] = l.Fit[0][:3]
	if _, err := Learn(t.Context(), l); err == nil || !strings.Contains(err.Error(), "at least 40") {
		t.Errorf("nobody can learn: %v", err)
	}
}

// Of the network trained and the one in closed form the better forecaster of held-out rows is kept.
func TestBetterNetworkIsKept(t *testing.T) {
	for rate, closed := range map[float64]bool{1e-12: true, 0.01: false} {
		l := lesson(1, false)
		l.Rate, l.Epochs, l.Without = rate, 200, []string{"autoencoder"}
		p, err := Learn(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		if epoch, _ := p.Member("gru").(*member.GRU).Training(); (epoch == 0) != closed {
			t.Errorf("learning rate %v: epoch %d was kept, closed form wanted: %v", rate, epoch, closed)
		}
	}
}
