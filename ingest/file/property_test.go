package file

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRoundTrip writes any table in any of the ways people write one, and reads the same bits.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		cols := rapid.IntRange(1, 5).Draw(t, "cols")
		rows := rapid.IntRange(2, 60).Draw(t, "rows")
		sep := rapid.SampledFrom([]string{",", ";", "\t", " "}).Draw(t, "separator")
		comma := sep != "," && rapid.Bool().Draw(t, "decimal comma")
		quoted := sep != " " && rapid.Bool().Draw(t, "quoted")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end of line")
		header := rapid.Bool().Draw(t, "header")
		clock := header && rapid.Bool().Draw(t, "clock")
		trailing := sep != " " && rapid.Bool().Draw(t, "trailing separator")
		format := rapid.SampledFrom([]byte{'g', 'e', 'f'}).Draw(t, "format")

		var text strings.Builder
		write := func(cells []string) {
			for i, c := range cells {
				if i > 0 {
					text.WriteString(sep)
				}
				if quoted {
					c = `"` + c + `"`
				}
				text.WriteString(c)
			}
			if trailing {
				text.WriteString(sep)
			}
			text.WriteString(end)
		}
		if header {
			names := []string{}
			if clock {
				names = append(names, "time")
			}
			for c := range cols {
				names = append(names, fmt.Sprintf("ch%d_v", c))
			}
			write(names)
		}
		var want []float32
		for r := range rows {
			cells := []string{}
			if clock {
				cells = append(cells, number64(float64(r)/8, 'f', comma))
			}
			for c := range cols {
				v := rapid.Float32().Draw(t, "sample")
				if cell := number64(float64(v), format, comma); len(cell) <= maxNumber {
					cells = append(cells, cell)
				} else {
					cells = append(cells, number64(float64(v), 'e', comma))
				}
				// The upper rows are full, so that the table is plain to see.
				if r > rows/2 && sep != " " && cols > 1 && c > 0 && rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
					cells[len(cells)-1], v = "", nan
				}
				want = append(want, v)
			}
			write(cells)
		}
		path := filepath.Join(dir, "table.csv")
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		// What is ambiguous without a word of the user is said: a decimal comma without a point anywhere, columns of whole numbers that rise.
		o := Options{Separator: sep[0], DecimalComma: comma, BlockSamples: rapid.IntRange(1, 70).Draw(t, "block")}
		if cols > 1 && !comma {
			o.Separator = 0 // plain to see
		}
		rate := 8.0
		if !clock {
			o.RateHz, o.Time, rate = 3, NoTime, 3
		}
		reader, err := Open(path, o)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, text.String())
		}
		got, err := drain(t, reader)
		if i := reader.Info(); err != nil || i.RateHz != rate || len(i.Channels) != cols || i.Rows != int64(rows) {
			t.Fatalf("%v, %+v in:\n%s", err, i, text.String())
		}
		for k := range want {
			if a, b := math.Float32bits(got[k]), math.Float32bits(want[k]); a != b && (got[k] == got[k] || want[k] == want[k]) {
				t.Fatalf("sample %d is %v, want %v in:\n%s", k, got[k], want[k], text.String())
			}
		}
	})
}

func number64(v float64, format byte, comma bool) string {
	s := strconv.FormatFloat(v, format, -1, 32)
	if comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}
