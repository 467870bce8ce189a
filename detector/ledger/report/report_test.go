package report_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/detector/ledger/report"
)

func parts() []ledger.Part {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	good := ledger.Part{Stream: "grinder", Part: "=HYPERLINK(1)", Lot: "L-1", Run: 7, End: 1000, From: at, To: at.Add(time.Second), Verdict: detector.OK, Coverage: 1, Peak: 0.4, Limit: 1,
		Samples: ledger.Samples{Expected: 1000, Received: 1000, Scored: 1000}}
	bad := ledger.Part{Stream: "grinder", Part: `<img src=x onerror="alert(1)">`, Lot: "L-1", Run: 7, First: 1000, End: 2000, From: at, To: at.Add(2 * time.Second), Verdict: detector.NotAssessed,
		Reasons: []string{"samples missing"}, Coverage: 0.5, Peak: ledger.Value(math.NaN()), Limit: ledger.Value(math.NaN()),
		Samples: ledger.Samples{Expected: 1000, Received: 400, Missing: 600, Scored: 400, Lost: ledger.Lost{Missing: 600}}}
	return []ledger.Part{good, bad}
}

// What a part is called is text on the page, whatever it looks like, and every verdict stands in words.
func TestPageShowsTextAsText(t *testing.T) {
	page, err := report.HTML(nil, parts(), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;img src=x onerror=", "not assessed", "samples missing", "50.00 %", "600 missing"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(string(page), "<img") || strings.Contains(string(page), "<script") {
		t.Error("the page holds an element that a part's name brought in")
	}
}

// A line for each part; what is not known is empty, and no cell begins as a formula does.
func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := report.CSV(&b, parts()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("%d lines, want a header and 2", len(rows))
	}
	cell := func(row int, column string) string {
		for i, name := range rows[0] {
			if name == column {
				return rows[row][i]
			}
		}
		t.Fatalf("no column %q in %q", column, rows[0])
		return ""
	}
	for _, c := range []struct {
		row          int
		column, want string
	}{
		{1, "part", "'=HYPERLINK(1)"}, {1, "verdict", "ok"}, {1, "peak", "0.4"}, {1, "scored", "1000"},
		{2, "verdict", "not assessed"}, {2, "peak", ""}, {2, "lost", "600"}, {2, "missing", "600"}, {2, "reasons", "samples missing"},
	} {
		if got := cell(c.row, c.column); got != c.want {
			t.Errorf("line %d, %s: %q, want %q", c.row, c.column, got, c.want)
		}
	}
}

// An alarm says how much of the part was above the limit; a share is never rounded up to all, and a part that ends on another day says so.
func TestPageFigures(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	page, err := report.HTML(nil, []ledger.Part{{Stream: "grinder", Part: "P", From: at, To: at.Add(2 * time.Second), Verdict: detector.Alarm, Coverage: 0.99999, Peak: 34.514, Limit: 1.9544,
		Samples: ledger.Samples{Expected: 1400000}, Windows: ledger.Windows{Total: 14, Scored: 14, Above: 9}}}, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 part, written", "9 of 14 windows above the limit", "99.99 %", "1\u202f400\u202f000", "34.5<br>", "limit 1.95", "23:59:59.0 to 2026-03-02 00:00:01.0"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
