package inspect_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"crackle/detector/inspect"
)

var epoch = time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)

// noise is a stretch of two independent numbers, a window a second, in parts of 100 windows and lots of two parts.
func noise(n int) []inspect.Row {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]inspect.Row, n)
	for i := range rows {
		rows[i] = inspect.Row{
			Time: epoch.Add(time.Duration(i) * time.Second), Part: "P" + string(rune('a'+i/100)), Lot: "L" + string(rune('a'+i/200)), Usable: true,
			Features: []float32{float32(5 + r.NormFloat64()), float32(0.1 * r.NormFloat64())},
		}
	}
	return rows
}

func look(t *testing.T, rows []inspect.Row) *inspect.Report {
	t.Helper()
	r, err := inspect.Inspect(inspect.Config{Names: []string{"rms", "peak"}, Units: []string{"V", ""}, Least: 30}, rows)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// level is what was found about something; empty when nothing was.
func level(r *inspect.Report, about string) inspect.Level {
	for _, f := range r.Findings {
		if f.About == about {
			return f.Level
		}
	}
	return ""
}

func TestCleanStretchIsGood(t *testing.T) {
	r := look(t, noise(1200))
	if !r.Teachable || r.Usable != 1200 || r.PartCount != 12 || r.LotCount != 6 || r.Duplicates != 0 {
		t.Errorf("%+v", r)
	}
	for _, f := range r.Findings {
		if f.Level != inspect.Good {
			t.Errorf("%s: %s: %s", f.About, f.Level, f.Text)
		}
	}
	if f := r.Features[0]; f.Median < 4.9 || f.Median > 5.1 || f.Spread < 0.9 || f.Spread > 1.1 || f.Unit != "V" || len(f.Series) != 120 {
		t.Errorf("%+v", f)
	}
}

func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]inspect.Row) []inspect.Row
		about  string
		want   inspect.Level
		text   string
	}{
		"nothing":     {func([]inspect.Row) []inspect.Row { return nil }, "length", inspect.Refusal, "no window"},
		"all bad":     {func(r []inspect.Row) []inspect.Row { return spoil(r, 1) }, "length", inspect.Refusal, "none of 1200"},
		"short":       {func(r []inspect.Row) []inspect.Row { return r[:20] }, "length", inspect.Refusal, "at least 30"},
		"gaps":        {func(r []inspect.Row) []inspect.Row { return spoil(r, 20) }, "coverage", inspect.Notice, "95"},
		"many gaps":   {func(r []inspect.Row) []inspect.Row { return spoil(r, 2) }, "coverage", inspect.Warning, "only 50"},
		"an outlier":  {func(r []inspect.Row) []inspect.Row { r[600].Features[1] = 3; return r }, "outliers", inspect.Notice, "peak"},
		"outliers":    {func(r []inspect.Row) []inspect.Row { return lift(r, 40) }, "outliers", inspect.Warning, "rms"},
		"drift":       {func(r []inspect.Row) []inspect.Row { return ramp(r, 4) }, "drift", inspect.Warning, "rms rises"},
		"slow drift":  {func(r []inspect.Row) []inspect.Row { return ramp(r, 0.2) }, "drift", inspect.Good, ""},
		"twice":       {func(r []inspect.Row) []inspect.Row { return append(r, r...) }, "duplicates", inspect.Warning, "1200 times"},
		"one flat":    {func(r []inspect.Row) []inspect.Row { return flat(r, 1) }, "constant", inspect.Warning, "peak"},
		"all flat":    {func(r []inspect.Row) []inspect.Row { return flat(flat(r, 1), 0) }, "constant", inspect.Refusal, "sensor"},
		"one lot":     {func(r []inspect.Row) []inspect.Row { return r[:150] }, "lots", inspect.Warning, "1 lot "},
		"unnamed":     {func(r []inspect.Row) []inspect.Row { return unname(r) }, "lots", inspect.Notice, "no lots and no parts"},
		"a few alike": {func(r []inspect.Row) []inspect.Row { r[700].Features = r[10].Features; return r }, "duplicates", inspect.Notice, "1 time"},
	} {
		t.Run(name, func(t *testing.T) {
			r := look(t, c.change(noise(1200)))
			if got := level(r, c.about); got != c.want || r.Teachable == (c.want == inspect.Refusal) {
				t.Errorf("%s: found %q, want %q; %+v", c.about, got, c.want, r.Findings)
			}
			for _, f := range r.Findings {
				if f.About == c.about && !strings.Contains(f.Text, c.text) {
					t.Errorf("%q lacks %q", f.Text, c.text)
				}
			}
		})
	}
}

func spoil(rows []inspect.Row, every int) []inspect.Row {
	for i := 0; i < len(rows); i += every {
		rows[i].Usable, rows[i].Features = false, nil
	}
	return rows
}

func lift(rows []inspect.Row, n int) []inspect.Row {
	for i := range n {
		rows[500+i].Features[0] += 20
	}
	return rows
}

func ramp(rows []inspect.Row, by float32) []inspect.Row {
	for i := range rows {
		rows[i].Features[0] += by * float32(i) / float32(len(rows))
	}
	return rows
}

func flat(rows []inspect.Row, j int) []inspect.Row {
	for i := range rows {
		rows[i].Features[j] = 1
	}
	return rows
}

func unname(rows []inspect.Row) []inspect.Row {
	for i := range rows {
		rows[i].Part, rows[i].Lot = "", ""
	}
	return rows
}

func TestRowsMustFitNames(t *testing.T) {
	rows := noise(10)
	rows[3].Features = rows[3].Features[:1]
	if _, err := inspect.Inspect(inspect.Config{Names: []string{"rms", "peak"}, Units: []string{"V", ""}}, rows); err == nil || !strings.Contains(err.Error(), "row 3") {
		t.Errorf("%v", err)
	}
	if _, err := inspect.Inspect(inspect.Config{Names: []string{"rms"}}, nil); err == nil {
		t.Error("names without units were taken")
	}
}
