package member_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"crackle/detector/member"
)

// saved are the members that can be kept, and an empty one of each kind.
func saved(t *testing.T) (have, empty []member.Member) {
	t.Helper()
	rows := quiet(400, 1)
	rows[3][2] += 0.1
	for _, m := range members(t, rows) {
		switch m.(type) {
		case *member.Level:
			have, empty = append(have, m), append(empty, &member.Level{})
		case *member.Spread:
			have, empty = append(have, m), append(empty, &member.Spread{})
		case *member.Shift:
			have, empty = append(have, m), append(empty, &member.Shift{})
		case *member.Watch:
			have, empty = append(have, m), append(empty, &member.Watch{})
		case *member.Forecaster:
			have, empty = append(have, m), append(empty, &member.Forecaster{})
		}
	}
	if len(have) != 5 {
		t.Fatalf("%d members can be kept", len(have))
	}
	return have, empty
}

// A member that was kept and read again gives the same scores to the bit.
func TestKeptMembersScoreTheSame(t *testing.T) {
	run := quiet(300, 2)
	for i := 200; i < 260; i++ {
		run[i][0] += 5
	}
	have, again := saved(t)
	for k, m := range have {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, again[k]); err != nil {
			t.Fatal(err)
		}
		x, y := member.Scores(m, run), member.Scores(again[k], run)
		for i := range x {
			if math.Float64bits(x[i]) != math.Float64bits(y[i]) && !(math.IsNaN(x[i]) && math.IsNaN(y[i])) {
				t.Fatalf("%s, row %d: %v and %v", m.Name(), i, x[i], y[i])
			}
		}
	}
}

// A file whose lengths or numbers do not fit is refused, and the member stays as it was.
func TestBadFilesAreRefused(t *testing.T) {
	have, _ := saved(t)
	for _, m := range have {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		before := m.Score([]float64{5, 100, 0})
		m.Reset()
		for _, change := range [][2]string{
			{`"mean":[`, `"mean":[1,`}, {`"sd":[`, `"sd":[-1,`}, {`"sd":[`, `"sd":[0,0,0,0,0,`}, {`{`, `[`}, {`"clip":6`, `"clip":0`}, {`"scale":[`, `"scale":[1,`},
			{`"readout":[`, `"readout":[1,`}, {`"Hidden":40`, `"Hidden":1000000000`}, {`"rows":15`, `"rows":-1`}, {`"Alpha":0.1`, `"Alpha":7`},
		} {
			bad := strings.Replace(string(b), change[0], change[1], 1)
			if bad == string(b) {
				continue
			}
			if err := json.Unmarshal([]byte(bad), m); err == nil {
				t.Errorf("%s: a file with %s was taken", m.Name(), change[1])
			}
		}
		if after := m.Score([]float64{5, 100, 0}); before != after && !math.IsNaN(before) {
			t.Errorf("%s scores %v after refusing, %v before", m.Name(), after, before)
		}
		m.Reset()
	}
}
