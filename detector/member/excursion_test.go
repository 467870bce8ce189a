package member_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"crackle/detector/member"
)

// ground gives parts of 60 rows and two channels that tell the same: an offset of the part, run-out that comes back with each turn, noise.
// A part that is burnt rises by three deviations of the noise in rows 30 to 39.
func ground(seed uint64, n int, burnt float64) [][][]float64 {
	r := rand.New(rand.NewPCG(seed, 21))
	parts := make([][][]float64, n)
	for p := range parts {
		offset, a, b := 2*r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		for i := range 60 {
			s, c := math.Sincos(2 * math.Pi * float64(i) / 60)
			x := 20 + offset + a*c + b*s
			if i >= 30 && i < 40 {
				x += burnt
			}
			parts[p] = append(parts[p], []float64{x + r.NormFloat64(), x + 2*r.NormFloat64()})
		}
	}
	return parts
}

// An excursion is found while it lasts; what lies before, after, and a part's own offset from the first row on are not taken for one, and with
// the other direction declared it is not one at all.
func TestExcursionKnowsTheWayBack(t *testing.T) {
	good := ground(1, 12, 0)
	for _, c := range []struct {
		name  string
		dir   member.Direction
		size  float64
		found float64 // the least share of rows 33 to 39 at odds of one or more
		after float64 // the most of the others
	}{
		{"undeclared, up", member.Both, 3, 0.6, 0.03},
		{"undeclared, down", member.Both, -3, 0.6, 0.03},
		{"declared", member.Up, 3, 0.8, 0.03},
		{"the other direction", member.Down, 3, 0, 0.06},
		{"none", member.Both, 0, 0, 0.02},
	} {
		m, err := member.NewExcursion(member.ExcursionConfig{Channels: []int{0, 1}, Direction: c.dir, Turn: 60}, good)
		if err != nil {
			t.Fatal(err)
		}
		hit, other, inside, outside := 0.0, 0.0, 0.0, 0.0
		for _, part := range ground(2, 40, c.size) {
			m.Reset()
			for i, s := range member.Scores(m, part) {
				switch {
				case i >= 33 && i < 40:
					inside++
					if s > 0 {
						hit++
					}
				case i < 30 || i > 42:
					outside++
					if s > 0 {
						other++
					}
				}
			}
		}
		if hit < c.found*inside || other > c.after*outside {
			t.Errorf("%s: %.2f of its rows, %.3f of the others", c.name, hit/inside, other/outside)
		}
		if c.found == 0 && hit > 0.05*inside {
			t.Errorf("%s: %.2f of the rows are called", c.name, hit/inside)
		}
	}
}

// A wild value, a missing one and a part of many rows leave the score finite or missing.
func TestExcursionStaysInRange(t *testing.T) {
	m, err := member.NewExcursion(member.ExcursionConfig{}, ground(1, 6, 0))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range []float64{20, 1e9, -1e9, 20, math.NaN(), 20, math.Inf(1), 1e300, 20} {
		s := m.Score([]float64{x, 0})
		if finite := !math.IsNaN(x) && !math.IsInf(x, 0); finite == math.IsNaN(s) || math.Abs(s) > 15 {
			t.Errorf("row %d, %v: score %v", i, x, s)
		}
	}
	if s := m.Score(nil); !math.IsNaN(s) {
		t.Errorf("a row without channels scores %v", s)
	}
	for i := range 20000 {
		if s := m.Score([]float64{20 + math.Sin(float64(i)), 0}); math.IsNaN(s) {
			t.Fatalf("row %d of a long part has no score", i)
		}
	}
}

func TestExcursionRefuses(t *testing.T) {
	good := ground(1, 4, 0)
	still := [][][]float64{make([][]float64, 30), make([][]float64, 30)}
	for _, p := range still {
		for i := range p {
			p[i] = []float64{3, 3}
		}
	}
	torn := ground(1, 4, 0)
	torn[1][7][0] = math.NaN()
	for _, c := range []struct {
		c     member.ExcursionConfig
		parts [][][]float64
		want  string
	}{
		{member.ExcursionConfig{}, good[:1], "1 parts to learn from"},
		{member.ExcursionConfig{}, [][][]float64{good[0][:10], good[1][:10]}, "20 rows"},
		{member.ExcursionConfig{}, [][][]float64{good[0], good[1][:5]}, "part 1 has 5 rows"},
		{member.ExcursionConfig{Channels: []int{2}}, good, "channel 2"},
		{member.ExcursionConfig{}, torn, "part 1, row 7"},
		{member.ExcursionConfig{Turn: 1}, good, "a turn of 1 rows"},
		{member.ExcursionConfig{Begin: 1.5}, good, "probabilities"},
	} {
		if _, err := member.NewExcursion(c.c, c.parts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, expected %q", c.c, err, c.want)
		}
	}
	for _, channels := range [][]int{{0}, {0, 1}} {
		if _, err := member.NewExcursion(member.ExcursionConfig{Channels: channels}, still); !errors.Is(err, member.ErrConstant) {
			t.Errorf("parts that do not move, channels %v: %v", channels, err)
		}
	}
}
