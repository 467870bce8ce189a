package file

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/ingest/block"
)

// put writes a file and returns its path.
func put(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checker is what drain needs of a test; a property's test is one too.
type checker interface {
	Helper()
	Error(...any)
	Fatalf(string, ...any)
}

// drain reads to the end and checks what every block must say. It returns the error that ended it if that is not io.EOF.
func drain(t checker, r Reader) (samples []float32, err error) {
	t.Helper()
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var b block.Block
	var next uint64
	ended := false
	for {
		switch err := r.Read(&b); {
		case errors.Is(err, io.EOF):
			if !ended || r.Info().Rows != int64(next) {
				t.Fatalf("after %d rows: part ended %v, %d rows by Info", next, ended, r.Info().Rows)
			}
			return samples, nil
		case err != nil:
			if again := r.Read(&b); again != err {
				t.Fatalf("the error does not stay: %v, then %v", err, again)
			}
			return samples, err
		}
		i := r.Info()
		if b.First != next+uint64(i.Skipped) || b.Count() == 0 || b.Channels != len(i.Channels) || b.RateHz != i.RateHz || ended {
			t.Fatalf("block at %d, expected %d, part ended %v: %+v", b.First, next, ended, b)
		}
		if b.Flags&block.Recorded == 0 || (b.Flags&block.PartBegin != 0) != (next == 0) {
			t.Fatalf("block at %d: flags %b", b.First, b.Flags)
		}
		ended = b.Flags&block.PartEnd != 0
		next += uint64(b.Count())
		samples = append(samples, b.Samples...)
	}
}

func mustOpen(t testing.TB, path string, o Options) Reader {
	t.Helper()
	r, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLayouts is a table of what files look like and what must be seen in them.
func TestLayouts(t *testing.T) {
	const x = -999 // stands for NaN
	for name, c := range map[string]struct {
		text     string
		o        Options
		channels string
		rate     float64
		time     string
		samples  []float32
		note     string
	}{
		"comma, CRLF, no header, no time":  {"1.5,2\r\n3,-4e-1\r\n", Options{RateHz: 10}, "c1 c2", 10, "", []float32{1.5, 2, 3, -0.4}, ""},
		"bare carriage returns":            {"a,b\r1,2\r3,4\r", Options{RateHz: 1}, "a b", 1, "", []float32{1, 2, 3, 4}, ""},
		"no end of line at the end":        {"a\n1\n2", Options{RateHz: 1}, "a", 1, "", []float32{1, 2}, ""},
		"byte-order mark":                  {"\xef\xbb\xbftime,v\n0,1\n0.5,2\n1,3\n", Options{}, "v", 2, "time", []float32{1, 2, 3}, ""},
		"blank lines and comments":         {"\n# from rig 3\na,b\n\n1,2\n# pause\n3,4\n\n\n", Options{RateHz: 1}, "a b", 1, "", []float32{1, 2, 3, 4}, ""},
		"header in a comment":              {"# t, i_a\n0,1\n0.1,2\n0.2,3\n", Options{}, "i_a", 10, "t", []float32{1, 2, 3}, ""},
		"semicolon and decimal comma":      {"Zeit;U\n0,00;1,5\n0,01;-2,25\n0,02;3E-1\n", Options{}, "U", 100, "Zeit", []float32{1.5, -2.25, 0.3}, ""},
		"quoted decimal comma":             {"\"t\",\"u\"\n\"0,0\",\"1,5\"\n\"0,5\",\"2,5\"\n", Options{}, "u", 2, "t", []float32{1.5, 2.5}, ""},
		"tabs":                             {"t\ti\tu\n0\t1\t2\n1\t3\t4\n", Options{}, "i u", 1, "t", []float32{1, 2, 3, 4}, ""},
		"blanks in columns":                {"  0.0   1.5  -2\n  0.1  11.5   3\n  0.2   1.0   4\n", Options{}, "c2 c3", 10, "c1", []float32{1.5, -2, 11.5, 3, 1, 4}, "rises evenly"},
		"trailing separators":              {"a,b,\n1,2,\n3,4,\n", Options{RateHz: 1}, "a b", 1, "", []float32{1, 2, 3, 4}, ""},
		"trailing separators, data only":   {"a,b\n1,2,\n3,4,\n", Options{RateHz: 1}, "a b", 1, "", []float32{1, 2, 3, 4}, ""},
		"empty cells and words for none":   {"a,b\n1,\nNaN,2\nn/a,-\n5,6\n", Options{RateHz: 1}, "a b", 1, "", []float32{1, x, x, 2, x, x, 5, 6}, ""},
		"infinities are kept":              {"a\n1\n-Inf\ninf\n", Options{RateHz: 1}, "a", 1, "", []float32{1, float32(math.Inf(-1)), float32(math.Inf(1))}, ""},
		"preamble of key and value":        {"Device;X12\nRate;100\nNote\n\nTime (ms);Current/A\n0;1\n10;2\n20;3\n", Options{}, "Current/A", 100, "Time (ms)", []float32{1, 2, 3}, ""},
		"units under the names":            {",CH2,CH4\nSecond,Volt,Volt\n0,1,2\n0.001,3,4\n", Options{}, "CH2 CH4", 1000, "c1", []float32{1, 2, 3, 4}, ""},
		"numbers as names":                 {"x-axis,1,2\nsecond,Volt,Volt\n-1E-03,+158.6506E-03,2\n+0E-03,3,4\n", Options{Columns: []Column{{From: "2"}, {From: "#2", Name: "first"}}}, "2 first", 1000, "x-axis", []float32{2, 0.1586506, 4, 3}, ""},
		"row counter":                      {",a\n0,5\n1,6\n2,7\n3,8\n", Options{RateHz: 10}, "a", 10, "", []float32{5, 6, 7, 8}, "only numbers the rows"},
		"counter called time":              {"Time,a\n1,5\n2,6\n3,7\n4,8\n", Options{}, "a", 1, "Time", []float32{5, 6, 7, 8}, "if it numbers the rows, give the rate"},
		"ISO times":                        {"timestamp,v\n2013-12-02 21:15:00,1\n2013-12-02 21:20:00,2\n", Options{}, "v", 1.0 / 300, "timestamp", []float32{1, 2}, "read as UTC"},
		"zone and fractions":               {"at,v\n2020-02-29T23:59:59.75+01:00,1\n2020-03-01T00:00:00.00+01:00,2\n", Options{}, "v", 4, "at", []float32{1, 2}, ""},
		"days first, with dots":            {"Datum;v\n31.12.2019 23:59:59,5;1,5\n01.01.2020 00:00:00,0;2,5\n", Options{}, "v", 2, "Datum", []float32{1.5, 2.5}, "read as UTC"},
		"month first, seen by a day of 13": {"d,v\n1/12/2020 11:59:59 PM,1\n1/13/2020 12:00:00 AM,2\n1/13/2020 12:00:01 AM,3\n", Options{}, "v", 1, "d", []float32{1, 2, 3}, "read as UTC"},
		"date and time of day apart":       {"date time v\n2020-01-01 23:59:59.5 1\n2020-01-02 00:00:00.0 2\n", Options{}, "v", 2, "date", []float32{1, 2}, "read as UTC"},
		"time of day":                      {"clock,v\n00:00:01.25,1\n00:00:01.50,2\n", Options{}, "v", 4, "clock", []float32{1, 2}, ""},
		"seconds since 1970":               {"\"\",\"v\"\n\"1660315243\",\"1\"\n\"1660315253\",\"2\"\n\"1660315263\",\"\"\n", Options{}, "v", 0.1, "c1", []float32{1, 2, x}, "rises evenly"},
		"milliseconds since 1970":          {"ts,time,v\n1,1660315243001,1\n1,1660315243006,2\n", Options{}, "ts v", 200, "time", []float32{1, 1, 1, 2}, ""},
		"unit in the name":                 {"time_us,v\n0,1\n5,2\n10,3\n", Options{}, "v", 200e3, "time_us", []float32{1, 2, 3}, ""},
		"unit as said":                     {"time,v\n0,1\n1,2\n2,3\n", Options{TimeUnit: "min"}, "v", 1.0 / 60, "time", []float32{1, 2, 3}, ""},
		"coarse clock":                     {"time_ms,v\n0,1\n0,1\n1,1\n1,1\n1,1\n2,1\n2,1\n2,1\n3,1\n3,1\n4,1\n4,1\n4,1\n5,1\n5,1\n5,1\n6,1\n", Options{}, "v", 16 / 6e-3, "time_ms", []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, ""},
		"layout as said":                   {"when,v\n20130102-030405,1\n20130102-030407,2\n", Options{Time: "when", TimeLayout: "20060102-150405"}, "v", 0.5, "when", []float32{1, 2}, ""},
		"no time wanted":                   {"time,v\n0,1\n1,2\n", Options{Time: NoTime, RateHz: 7}, "time v", 7, "", []float32{0, 1, 1, 2}, ""},
		"text column":                      {"t,state,v\n0,run,1\n1,run,2\n2,stop,3\n", Options{}, "v", 1, "t", []float32{1, 2, 3}, `"state" does not hold numbers`},
		"column empty at first":            {"t,v,w\n0,1,\n0.5,2,\n1,3,9\n", Options{Columns: []Column{{From: "w"}, {From: "V"}}}, "w v", 2, "t", []float32{x, 1, x, 2, 9, 3}, ""},
		"columns by name, scaled":          {"t,i,u\n0,1500,2\n1,2500,4\n", Options{Columns: []Column{{"u", "voltage_v", 0}, {"i", "current_a", 1e-3}}}, "voltage_v current_a", 1, "t", []float32{2, 1.5, 4, 2.5}, ""},
		"repeated names":                   {"a,a\n1,2\n3,4\n", Options{RateHz: 1}, "a a_2", 1, "", []float32{1, 2, 3, 4}, `is called "a_2"`},
		"Latin-1 names":                    {"t;\xb5\xa0\n0;1\n1;2\n", Options{}, "µ\u00a0", 1, "t", []float32{1, 2}, ""},
		"header said to be there":          {"10,20\n1,2\n3,4\n", Options{RateHz: 1, Header: HeaderPresent}, "10 20", 1, "", []float32{1, 2, 3, 4}, ""},
		"header said to be absent":         {"a,b\n1,2\n3,4\n", Options{RateHz: 1, Header: HeaderAbsent}, "c1 c2", 1, "", []float32{1, 2, 3, 4}, ""},
		"separator as said":                {"1|2\n3|4\n", Options{RateHz: 1, Separator: '|'}, "c1 c2", 1, "", []float32{1, 2, 3, 4}, ""},
		"decimal comma as said":            {"1,5\n2,7\n", Options{RateHz: 1, Separator: ';', DecimalComma: true}, "c1", 1, "", []float32{1.5, 2.7}, ""},
		"one row":                          {"1.5,2.5", Options{RateHz: 1}, "c1 c2", 1, "", []float32{1.5, 2.5}, ""},
		"rate against the clock":           {"t,v\n0,1\n1,2\n2,3\n", Options{RateHz: 5}, "v", 5, "t", []float32{1, 2, 3}, "by its clock the file has 1 Hz"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(put(t, c.text), c.o)
			if err != nil {
				t.Fatal(err)
			}
			got, err := drain(t, r)
			if err != nil {
				t.Fatal(err)
			}
			i := r.Info()
			if ch := strings.Join(i.Channels, " "); ch != c.channels || math.Abs(i.RateHz/c.rate-1) > 1e-9 || i.TimeColumn != c.time {
				t.Errorf("channels %q at %v Hz, time %q; want %q at %v Hz, time %q", ch, i.RateHz, i.TimeColumn, c.channels, c.rate, c.time)
			}
			if notes := strings.Join(i.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", i.Notes, c.note)
			}
			if len(got) != len(c.samples) {
				t.Fatalf("samples %v, want %v", got, c.samples)
			}
			for k, v := range got {
				if want := c.samples[k]; want == x != math.IsNaN(float64(v)) || want != x && v != want {
					t.Fatalf("samples %v, want %v", got, c.samples)
				}
			}
		})
	}
}

// TestRefused lists files and options that must be refused, with what the message must say.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    Options
		want string
	}{
		"empty":                {"", Options{}, "is empty"},
		"blank":                {"\n\n \r\n", Options{}, "no line of data"},
		"prose":                {"Dear all,\nthis is not a table.\n", Options{}, "no rows of numbers"},
		"spreadsheet":          {"PK\x03\x04rest", Options{}, "a zip archive or a spreadsheet; save it as text"},
		"UTF-16":               {"\xff\xfe1\x00,\x002\x00", Options{}, "text in UTF-16; save it as text"},
		"binary":               {"\x00\x01\x02\x03", Options{}, "of a binary kind"},
		"no rate":              {"a,b\n1,2\n3,4\n", Options{}, `none of the columns "a", "b" is a time; give the rate in Hz, or name the time column`},
		"clock at rest":        {"time,v\n5,1\n5,2\n", Options{Time: "time"}, "does not advance in the first 2 rows; give the rate in Hz"},
		"negative rate":        {"a\n1\n2\n", Options{RateHz: -3}, "rate is -3 Hz; give a finite rate above 0"},
		"unknown time column":  {"a,b\n1,2\n3,4\n", Options{Time: "zeit"}, `time column: there is no column "zeit"; give one of "a", "b", or a number from 1 to 2`},
		"unknown column":       {"a,b\n1,2\n3,4\n", Options{RateHz: 1, Columns: []Column{{From: "7"}}}, `there is no column "7"`},
		"same channel twice":   {"a,b\n1,2\n3,4\n", Options{RateHz: 1, Columns: []Column{{From: "a"}, {From: "b", Name: "a"}}}, `two channels are called "a"`},
		"nothing but time":     {"t\n1\n2\n", Options{Time: "t"}, "is a channel of numbers; name those to take"},
		"day or month":         {"d,v\n1/2/2020 10:00:00,1\n1/2/2020 10:00:01,2\n", Options{}, "may be day/month or month/day; give its layout"},
		"text as time":         {"d,v\nmonday,1\ntuesday,2\n", Options{Time: "d"}, `holds "monday", which is no usual date`},
		"wrong layout":         {"d,v\nmonday,1\ntuesday,2\n", Options{Time: "d", TimeLayout: "2006"}, `cannot read "monday"`},
		"unknown unit of time": {"t,v\n1,1\n2,2\n", Options{TimeUnit: "fortnight"}, `unit of time "fortnight" is not known; give s, ms`},
		"block too large":      {"a\n1\n2\n", Options{RateHz: 1, BlockSamples: 200_000}, "block of 200000 rows; give 1 to 128000"},
		"infinite scale":       {"a\n1\n2\n", Options{RateHz: 1, Columns: []Column{{"a", "", math.Inf(1)}}}, "scale is +Inf"},
		"endless line":         {strings.Repeat("1,", bufferSize), Options{RateHz: 1}, "no line of data in the first 1048576 bytes"},
		"damaged gzip":         {"\x1f\x8b\x08garbage", Options{RateHz: 1}, "looks compressed with gzip, but"},
	} {
		path := put(t, c.text)
		r, err := Open(path, c.o)
		if err == nil {
			t.Errorf("%s: opened: %+v", name, r.Info())
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "missing.csv"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
}

// Faulty cells are named with line and column; the rows before them come first.
func TestBadCells(t *testing.T) {
	for name, c := range map[string]struct {
		row, want string
		missing   int64
	}{
		"word":            {"2,oops,7", `:6:2: found "oops" in "a"; allowed are numbers up to 3.4e38 such as -1.5 or 2e-3 and empty cells`, 1},
		"too large":       {"2,6,1e39", `:6:3: found "1e39" in "b"`, 1},
		"hexadecimal":     {"2,0x10,7", `found "0x10"`, 1},
		"thousands":       {"2,1_000,7", `found "1_000"`, 1},
		"too few cells":   {"2,6", ":6: found 2 cells; allowed are 3 as in the rows before", 2},
		"too many cells":  {"2,6,7,8", ":6: found 4 cells; allowed are 3", 2},
		"open quote":      {`2,"6,7`, ":6: found a row in which a quotation mark is not closed", 2},
		"time":            {"later,6,7", `:6:1: found "later" in "t"; allowed are times written as in the first row`, 0},
		"very long":       {"2," + strings.Repeat("9", 100) + "x,7", strings.Repeat("9", 40) + `..."`, 1},
		"decimal comma":   {`2,"6,5",7`, `found "6,5"`, 1},
		"number and unit": {"2,6 V,7", `found "6 V"`, 1},
	} {
		text := "# a comment\nt,a,b\n0,1.5,2\n\n1,3,4\n" + c.row + "\n3,8,9\n"
		path := put(t, text)
		got, err := drain(t, mustOpen(t, path, Options{}))
		var cell *CellError
		if !errors.As(err, &cell) || cell.Line != 6 || !strings.HasPrefix(err.Error(), path+":6") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
		if len(got) != 4 {
			t.Errorf("%s: %v before the fault, want two rows", name, got)
		}
		r := mustOpen(t, path, Options{BadAsMissing: true, RateHz: 1})
		if got, err = drain(t, r); err != nil || len(got) != 8 || got[6] != 8 {
			t.Errorf("%s, taken as missing: %v, %v", name, got, err)
		}
		if i := r.Info(); i.Bad != c.missing {
			t.Errorf("%s: %d bad samples, want %d", name, i.Bad, c.missing)
		}
	}
}

// Whatever the block size, the samples are the same, and the blocks say where they stand.
func TestBlocks(t *testing.T) {
	var text strings.Builder
	text.WriteString("time,a,b\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "2024-05-06T07:08:%02d.%03dZ,%d,%d\n", i/100, i%100*10, i, -i)
	}
	path := put(t, text.String())
	begin := time.Date(2024, 5, 6, 7, 8, 0, 0, time.UTC)
	for _, size := range []int{1, 7, 500, 1000, 4096} {
		r := mustOpen(t, path, Options{BlockSamples: size, Part: "p1", Lot: "l1"})
		if i := r.Info(); i.Rows != -1 || !i.Start.Equal(begin) {
			t.Errorf("at the start: %+v", i)
		}
		b := block.Block{Run: 3, Seq: 4}
		rows := 0
		for ; ; rows += b.Count() {
			if err := r.Read(&b); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if want := min(size, 1000-rows); b.Count() != want || b.First != uint64(rows) || b.Part != "p1" || b.Lot != "l1" || b.Run != 3 || b.Seq != 4 {
				t.Fatalf("size %d, row %d: %+v", size, rows, b)
			}
			if want := begin.Add(time.Duration(rows) * 10 * time.Millisecond).UnixNano(); b.TimeNS != want {
				t.Fatalf("size %d, row %d: time %d, want %d", size, rows, b.TimeNS, want)
			}
			flags := block.Recorded
			if rows == 0 {
				flags |= block.PartBegin
			}
			if rows+b.Count() == 1000 {
				flags |= block.PartEnd
			}
			if b.Flags != flags || b.Samples[0] != float32(rows) || b.Samples[1] != -float32(rows) {
				t.Fatalf("size %d, row %d: flags %b, want %b", size, rows, b.Flags, flags)
			}
		}
		if done, total := r.Progress(); rows != 1000 || done != total || total != int64(text.Len()) {
			t.Errorf("%d rows, %d of %d bytes, want %d", rows, done, total, text.Len())
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		if err := r.Read(&b); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("read after close: %v", err)
		}
	}
}

// Without absolute times the start is what Options say, else 1970.
func TestStart(t *testing.T) {
	start := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		text string
		o    Options
		want []int64 // TimeNS of the blocks
	}{
		{"v\n1\n2\n", Options{RateHz: 4, BlockSamples: 1}, []int64{0, 250_000_000}},
		{"v\n1\n2\n", Options{RateHz: 4, BlockSamples: 1, Start: start}, []int64{start.UnixNano(), start.UnixNano() + 250_000_000}},
		{"t,v\n10,1\n10.5,2\n12,2\n", Options{BlockSamples: 1, Start: start}, []int64{start.UnixNano(), start.UnixNano() + 5e8, start.UnixNano() + 2e9}},
		{"t,v\n2020-07-01 12:00:00,1\n2020-07-01 12:00:01,2\n", Options{BlockSamples: 1, Start: start, Zone: time.FixedZone("", 7200)}, []int64{1593597600e9, 1593597601e9}},
		{"t,v\n1593597600.123456789,1\n1593597600.124456792,2\n", Options{BlockSamples: 1, RateHz: 1}, []int64{1593597600123456789, 1593597600124456792}},
	} {
		r := mustOpen(t, put(t, c.text), c.o)
		var b block.Block
		for i, want := range c.want {
			if err := r.Read(&b); err != nil || b.TimeNS != want {
				t.Errorf("%q: block %d at %d (%v), want %d", c.text, i, b.TimeNS, err, want)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What the clock does is told, with row and size.
func TestClockNotes(t *testing.T) {
	var text strings.Builder
	text.WriteString("time,v\n")
	at := 0
	for row := 1; row <= 4000; row++ {
		step := 300
		switch row {
		case 1:
			step = 0
		case 1001:
			step = -3300
		case 2001, 2002:
			step = 0
		case 3001:
			step = 21600
		case 3002:
			step = 600
		case 3501:
			step = 200
		}
		at += step
		fmt.Fprintf(&text, "%d,1\n", at)
	}
	r := mustOpen(t, put(t, text.String()), Options{})
	if _, err := drain(t, r); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(r.Info().Notes, "\n")
	want := "clock steps back by 3,300 s at row 1,001\nclock stands still at row 2,001, 2 times in all\n" +
		"2 steps are longer than the usual 300 s, the longest 21,600 s at row 3,001\n1 step is shorter than the usual 300 s, the first 200 s at row 3,501\n" +
		"72 rows are missing by the clock, and are taken so"
	if got != want {
		t.Errorf("notes:\n%s\nwant:\n%s", got, want)
	}
}

// Rows that an even clock jumps over are missing: the index counts them, and a block ends there. A clock that is not even, or a rate that is said
// against it, tells of none.
func TestRowsThatTheClockJumpsOver(t *testing.T) {
	text := func(step func(row int) float64) string {
		var b strings.Builder
		b.WriteString("time_s,v\n")
		at := 0.0
		for row := range 3000 {
			if row > 0 {
				at += step(row)
			}
			fmt.Fprintf(&b, "%.3f,%d\n", at, row)
		}
		return b.String()
	}
	gaps := text(func(row int) float64 {
		switch row {
		case 2000:
			return 4.01 // 400 rows are not there
		case 2500:
			return 0.02
		case 2600:
			return 0.014 // late, but none is missing
		}
		return 0.01
	})
	uneven := text(func(row int) float64 { return []float64{0.01, 0.01, 0.03, 0.02, 0.05}[row%5] })
	for name, c := range map[string]struct {
		text  string
		o     Options
		first []uint64
	}{
		"gaps":                     {gaps, Options{BlockSamples: 1000}, []uint64{0, 1000, 2400, 2901}},
		"uneven":                   {uneven, Options{BlockSamples: 1000}, []uint64{0, 1000, 2000}},
		"a rate against the clock": {gaps, Options{BlockSamples: 1000, RateHz: 500}, []uint64{0, 1000, 2000}},
		"no time column":           {gaps, Options{BlockSamples: 1000, RateHz: 100, Time: NoTime}, []uint64{0, 1000, 2000}},
	} {
		r := mustOpen(t, put(t, c.text), c.o)
		var first []uint64
		var b block.Block
		for err := r.Read(&b); err == nil; err = r.Read(&b) {
			first = append(first, b.First)
			if at := int64(b.First) - r.Info().Skipped; len(c.first) == 4 && b.Samples[0] != float32(at) {
				t.Errorf("%s: the block at %d begins with %v, %d rows were jumped over", name, b.First, b.Samples, r.Info().Skipped)
			}
		}
		if !slices.Equal(first, c.first) {
			t.Errorf("%s: blocks at %d, want %d", name, first, c.first)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestGzipWhateverTheName(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := io.WriteString(w, "t,v\n"+strings.Repeat("1,2\n3,4\n", 50_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := mustOpen(t, put(t, z.String()), Options{RateHz: 1, Time: NoTime})
	v, err := drain(t, r)
	if done, total := r.Progress(); err != nil || len(v) != 200_000 || !r.Info().Compressed || done != total || total != int64(z.Len()) {
		t.Errorf("%d samples, %v, %d of %d bytes", len(v), err, done, total)
	}
	// Cut short: an error, not an end.
	big := z.String()
	r, err = Open(put(t, big[:len(big)/2]), Options{RateHz: 1, Time: NoTime})
	if err == nil {
		_, err = drain(t, r)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "damaged or cut short") {
		t.Errorf("cut short: %v", err)
	}
}
