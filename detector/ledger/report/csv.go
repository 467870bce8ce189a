package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"crackle/detector/ledger"
)

var columns = []string{"stream", "lot", "part", "run", "first", "end", "from", "to", "verdict", "reasons", "coverage", "needed", "expected", "received", "missing", "invalid",
	"saturated", "scored", "bridged", "warmup", "outside", "lost", "duplicated", "late", "reordered", "dropped", "windows", "windows_scored", "windows_above", "peak", "limit", "model", "estimates"}

// CSV writes a header line and a line for each part. Text that a spreadsheet would take for a formula gets an apostrophe in front.
func CSV(w io.Writer, parts []ledger.Part) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for i := range parts {
		p := &parts[i]
		s := &p.Samples
		row := []string{p.Stream, plain(p.Lot), plain(p.Part), strconv.FormatUint(p.Run, 10), strconv.FormatUint(p.First, 10), strconv.FormatUint(p.End, 10),
			p.From.UTC().Format(time.RFC3339Nano), p.To.UTC().Format(time.RFC3339Nano), p.Verdict.String(), strings.Join(p.Reasons, "; "), number(p.Coverage), number(p.Needed)}
		for _, n := range []uint64{s.Expected, s.Received, s.Missing, s.Invalid, s.Saturated, s.Scored, s.Bridged, s.Warmup, s.Outside, s.Lost.Total(),
			s.Duplicated, s.Late, s.Reordered, s.Dropped, uint64(p.Windows.Total), uint64(p.Windows.Scored), uint64(p.Windows.Above)} {
			row = append(row, strconv.FormatUint(n, 10))
		}
		var said []string
		for _, e := range p.Estimates {
			said = append(said, e.String())
		}
		if err := out.Write(append(row, number(float64(p.Peak)), number(float64(p.Limit)), p.Model, plain(strings.Join(said, "; ")))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// number is empty for what is not known.
func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
