package report_test

import (
	"bytes"
	"encoding/xml"
	"math"
	"strings"
	"testing"

	"crackle/detector/eval"
	"crackle/detector/eval/report"
	"crackle/detector/eval/suite"
)

func made() *suite.Report {
	n := 5000
	t := suite.Trace{Name: `<script>alert("x")</script>`, Learned: 500, Score: make([]float64, n), Limit: 1, Truth: make([]bool, n), Alarm: make([]bool, n), Marks: []int{100}, Figures: []suite.Figure{{Name: "f1", Value: 0.5}}}
	for i := range n {
		t.Score[i] = math.Sin(float64(i) / 300)
		t.Truth[i], t.Alarm[i] = i > 1000 && i < 1500, i == 1200
	}
	t.Score[7] = math.NaN()
	return &suite.Report{
		Suite: "made & <b>", Detector: "none", Figures: []suite.Figure{{Name: "f1", Value: 0.123456}, {Name: "auc", Value: math.NaN()}},
		Intervals: map[string]eval.Interval{"f1": {Low: 0.1, High: 0.2}}, Rivals: []suite.Rival{{Name: "always alarm", Figures: []suite.Figure{{Name: "f1", Value: 0.7}}}},
		Traces: []suite.Trace{t}, Notes: []string{"a note"}, Left: []suite.Missing{{File: "torn.csv", Why: "line 7"}}, Silent: []suite.Missing{{File: "still.csv", Why: "constant"}},
	}
}

func TestPageIsEscapedAndSelfContained(t *testing.T) {
	var b bytes.Buffer
	if err := report.Write(&b, made()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<script", "src=", "href=", "http:", "https:", "ZgotmplZ", "NaN", "<b>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"0.1235", "0.1 to 0.2", "always alarm", "a note", "torn.csv: line 7", "still.csv: constant", `class="truth"`, `class="alarm"`, `class="mark"`, `class="limit"`, `class="learned" x="0" width="100.0"`, "rows learned from", "&lt;script&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// Each picture is well-formed and has a point for each column and one at the edge, not one for each row.
func TestPicturesAreWellFormed(t *testing.T) {
	var b bytes.Buffer
	if err := report.Write(&b, made()); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(b.String(), "<svg")
	svg, _, _ := strings.Cut(rest, "</svg>")
	var v struct {
		Polyline struct {
			Points string `xml:"points,attr"`
		} `xml:"polyline"`
	}
	if err := xml.Unmarshal([]byte("<svg"+svg+"</svg>"), &v); err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Fields(v.Polyline.Points)); n != 1001 {
		t.Errorf("%d points", n)
	}
}
