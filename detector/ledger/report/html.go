package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"time"

	"crackle/detector"
	"crackle/detector/ledger"
)

//go:embed page.html
var text string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": func(v float64) string { return fmt.Sprintf("%.2f %%", math.Floor(1e4*v)/100) }, // never rounded up to all of it
	"grouped": grouped,
	"count": func(n int, word string) string {
		if n == 1 {
			return "1 " + word
		}
		return grouped(n) + " " + word + "s"
	},
	"above": func(p ledger.Part) bool { return p.Verdict == detector.Alarm && p.Windows.Above > 0 },
	"value": value,
	"when":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"day":   func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"clock": func(t time.Time) string { return t.UTC().Format("15:04:05.0") },
	"class": func(v detector.Verdict) string {
		switch v {
		case detector.OK:
			return "ok"
		case detector.Alarm:
			return "alarm"
		}
		return "unknown"
	},
}).Parse(text))

// grouped writes a whole number with its thousands apart.
func grouped(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// value is a score to three digits, a dash where there is none.
func value(v ledger.Value) string {
	if math.IsNaN(float64(v)) {
		return "–"
	}
	return strconv.FormatFloat(float64(v), 'g', 3, 64)
}

// HTML appends a page to dst that needs nothing else and can be printed: the sums of the lots, then each part with its verdict in words, its reasons,
// and where every sample went.
func HTML(dst []byte, parts []ledger.Part, made time.Time) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	err := page.Execute(b, map[string]any{"Parts": parts, "Lots": ledger.Lots(parts), "Made": made})
	return b.Bytes(), err
}
