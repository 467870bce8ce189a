package file

import (
	"bytes"
	"fmt"
	"strings"
)

// How much of the head is looked at.
const (
	layoutLines = 400  // to find separator, columns and header
	clockLines  = 4000 // to find the rate
	maxColumns  = 16384
)

// layout is how a text file is laid out.
type layout struct {
	sep     byte
	comma   bool
	cr      bool // lines end in a bare carriage return
	columns []column
	first   int // number of the first data line, from 1
	header  int // number of the line of names, 0 for none
	units   int // number of the line of units, 0 for none
	rows    []line
	notes   []string
	fitting [][][]byte // cells of the rows that fit, made by cells()

	// An oscilloscope's time base that stands in the header only.
	start, increment float64
}

// line is a line of the head that is not blank.
type line struct {
	no    int
	text  []byte
	cells [][]byte
}

// column is what the head shows of one column.
type column struct {
	name, unit              string
	numbers, stamps, others int // rows that hold a number, a date or time, other text
	kind                    columnKind
}

type columnKind uint8

const (
	emptyColumn columnKind = iota
	numberColumn
	stampColumn
	textColumn
)

// findLayout looks at the head of a file.
func findLayout(head []byte, all bool, o Options) (*layout, error) {
	l := &layout{}
	lines := l.cut(head, all)
	if len(lines) == 0 {
		return nil, fmt.Errorf("no line of data in the first %d bytes; give a file with one row per line", len(head))
	}
	if !l.chooseSeparator(lines[:min(len(lines), layoutLines)], o) {
		return nil, fmt.Errorf("no rows of numbers in the first %d lines; give the separator if it is an unusual one", len(lines))
	}
	l.count(lines[:min(len(lines), layoutLines)])
	at := l.firstRow(lines, o.Header)
	if at < 0 {
		return nil, fmt.Errorf("no two rows of the same columns in the first %d lines; give the separator if it is an unusual one", len(lines))
	}
	l.first, l.rows = lines[at].no, lines[at:]
	l.findHeader(lines[:at], o.Header)
	l.nameColumns()
	return l, nil
}

// cut cuts the head into lines, without blank ones.
func (l *layout) cut(head []byte, all bool) (lines []line) {
	end := byte('\n')
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		end, l.cr = '\r', true
	}
	for no := 1; len(head) > 0 && len(lines) < clockLines; no++ {
		i := bytes.IndexByte(head, end)
		if i < 0 {
			if !all {
				break // the line goes on beyond the head
			}
			i = len(head)
		}
		if t := trim(head[:i]); len(t) > 0 {
			// Blanks in front may be empty cells between tabs.
			lines = append(lines, line{no: no, text: bytes.TrimRight(head[:i], "\r")})
		}
		head = head[min(i+1, len(head)):]
	}
	return lines
}

// isComment says whether a line is to be passed over among the data; a row may begin with #N/A.
func isComment(text []byte) bool {
	return len(text) > 0 && text[0] == '#' && !bytes.HasPrefix(text, []byte("#N/A"))
}

// chooseSeparator takes the separator, and the decimal sign, with which most cells of most lines of one length are numbers, dates or times; among equals a
// given character before blanks, then more columns.
func (l *layout) chooseSeparator(lines []line, o Options) bool {
	best, bestCols := 0.0, 0
	for _, sep := range []byte{',', '\t', ';', ' ', o.Separator} {
		if sep == 0 || o.Separator != 0 && sep != o.Separator {
			continue
		}
		for _, comma := range []bool{false, true} {
			if o.DecimalComma && !comma {
				continue
			}
			score, cols := judge(lines, sep, comma)
			tie := score > 0 && score > best-1e-9 && score < best+1e-9
			if score >= best+1e-9 || tie && cols > bestCols && (sep != ' ' || bestCols == 1) {
				best, bestCols = score, cols
				l.sep, l.comma = sep, comma
				l.columns = make([]column, cols)
			}
		}
	}
	return best > 0
}

// judge sums, over the lines of the commonest length in cells, the share of cells that are numbers, dates or times.
func judge(lines []line, sep byte, comma bool) (score float64, cols int) {
	sums := map[int]float64{}
	var cells [][]byte
	var err error
	for _, ln := range lines {
		if cells, err = split(cells, ln.text, sep); err != nil {
			continue
		}
		good, filled := 0, 0
		for _, c := range cells {
			if len(c) == 0 {
				continue
			}
			filled++
			if _, k := parse(c, comma, 64); k == number {
				good++
			} else if _, ok := scan(c); ok {
				good++
			}
		}
		if good > 0 && len(cells) <= maxColumns {
			sums[len(cells)] += float64(good) / float64(filled)
		}
	}
	for n, s := range sums {
		if s > score || s == score && n > cols {
			score, cols = s, n
		}
	}
	return score, cols
}

// count fills in what each column holds, from the later half of the lines, where a preamble does not reach if there is more data than that.
func (l *layout) count(lines []line) {
	var err error
	for _, ln := range lines[len(lines)/2:] {
		if ln.cells, err = split(ln.cells, ln.text, l.sep); err != nil || len(ln.cells) != len(l.columns) {
			continue
		}
		for i, c := range ln.cells {
			col := &l.columns[i]
			switch _, k := parse(c, l.comma, 64); k {
			case number:
				col.numbers++
			case text:
				if _, ok := scan(c); ok {
					col.stamps++
				} else {
					col.others++
				}
			}
		}
	}
	for i := range l.columns {
		c := &l.columns[i]
		switch {
		case c.numbers+c.stamps+c.others == 0:
			c.kind = emptyColumn
		case c.numbers >= c.stamps && c.numbers >= c.others:
			c.kind = numberColumn
		case c.stamps >= c.others:
			c.kind = stampColumn
		default:
			c.kind = textColumn
		}
	}
}

// fits says whether a line is a row of the table, and keeps its cells.
func (l *layout) fits(ln *line) bool {
	var err error
	if ln.cells, err = split(ln.cells, ln.text, l.sep); err != nil || !l.sameWidth(ln.cells) {
		return false
	}
	numbers := 0
	for i, c := range ln.cells[:min(len(ln.cells), len(l.columns))] {
		_, k := parse(c, l.comma, 64)
		switch l.columns[i].kind {
		case numberColumn:
			if k == text {
				return false
			}
			if k == number {
				numbers++
			}
		case stampColumn:
			if _, ok := scan(c); !ok && k != empty {
				return false
			}
		}
	}
	return numbers > 0
}

// sameWidth says whether cells are as many as the columns, but for empty ones at the end of either.
func (l *layout) sameWidth(cells [][]byte) bool {
	for _, c := range cells[min(len(cells), len(l.columns)):] {
		if len(c) > 0 {
			return false
		}
	}
	for i := len(cells); i < len(l.columns); i++ {
		if l.columns[i].kind != emptyColumn {
			return false
		}
	}
	return true
}

// firstRow finds the first line that is a row, and followed by one.
func (l *layout) firstRow(lines []line, h Header) int {
	for i := range lines {
		if i == 0 && h == HeaderPresent || isComment(lines[i].text) || !l.fits(&lines[i]) {
			continue
		}
		next := i + 1
		for next < len(lines) && isComment(lines[next].text) {
			next++
		}
		if next >= len(lines) || l.fits(&lines[next]) {
			return i
		}
	}
	return -1
}

// findHeader looks for a line of names, and perhaps one of units under it, right above the data.
func (l *layout) findHeader(above []line, h Header) {
	if len(above) == 0 || h == HeaderAbsent {
		return
	}
	candidate := func(i int) (cells [][]byte, ok bool) {
		if i < 0 {
			return nil, false
		}
		t := bytes.TrimLeft(above[i].text, "#%")
		cells, err := split(nil, t, l.sep)
		if err != nil || !l.sameWidth(cells) && !holdsTimeBase(cells) {
			return nil, false
		}
		words := 0
		for _, c := range cells {
			if _, k := parse(c, l.comma, 64); k == text {
				words++
			}
		}
		return cells, words > 0 || h == HeaderPresent
	}
	last := len(above) - 1
	names, ok := candidate(last)
	if upper, wide := candidate(last - 1); !ok && wide && holdsTimeBase(upper) { // the units under it are as wide
		names, ok = cut1(above[last].text, l.sep)
	}
	if !ok {
		l.notes = append(l.notes, fmt.Sprintf("line %d above the data is not of its %d columns and was not taken as a header", above[last].no, len(l.columns)))
		return
	}
	l.header = above[last].no
	if upper, ok := candidate(last - 1); ok && (mostlyUnits(names) || holdsTimeBase(upper)) {
		l.units, l.header = above[last].no, above[last-1].no
		l.takeUnits(upper, names)
		names = upper
	}
	for i := range l.columns {
		if i < len(names) {
			l.columns[i].name = cleanName(names[i])
		}
	}
}

// holdsTimeBase says whether a header has the extra cells under which some oscilloscopes write their time base, one line below and nowhere else.
func holdsTimeBase(cells [][]byte) bool {
	var found [2]bool
	for _, c := range cells {
		found[0] = found[0] || bytes.EqualFold(c, []byte("start"))
		found[1] = found[1] || bytes.EqualFold(c, []byte("increment"))
	}
	return found[0] && found[1]
}

// cut1 cuts a line that may be wider than the table.
func cut1(text []byte, sep byte) ([][]byte, bool) {
	cells, err := split(nil, text, sep)
	return cells, err == nil
}

// takeUnits reads the line under the names: units, and in some oscilloscopes' files the time base under Start and Increment.
func (l *layout) takeUnits(names, units [][]byte) {
	for i, u := range units[:min(len(units), len(names))] {
		v, k := parse(u, l.comma, 64)
		switch name := strings.ToLower(string(names[i])); {
		case k == number && name == "start":
			l.start = v
		case k == number && name == "increment":
			l.increment = v
		case k == text && i < len(l.columns):
			l.columns[i].unit = cleanName(u)
		}
	}
}

// nameColumns names what has no name after its number, and tells repeated names apart.
func (l *layout) nameColumns() {
	seen := map[string]bool{}
	for i := range l.columns {
		c := &l.columns[i]
		if c.name == "" {
			c.name = fmt.Sprintf("c%d", i+1)
		}
		if seen[c.name] {
			again := fmt.Sprintf("%s_%d", c.name, i+1)
			for seen[again] {
				again += "_"
			}
			l.notes = append(l.notes, fmt.Sprintf("column %d repeats the name %q and is called %q", i+1, c.name, again))
			c.name = again
		}
		seen[c.name] = true
	}
}

// cleanName is a header cell as UTF-8: doubled quotes undone, other encodings read as Latin-1.
func cleanName(cell []byte) string {
	s := strings.ReplaceAll(string(cell), `""`, `"`)
	if strings.ToValidUTF8(s, "") == s {
		return s
	}
	r := make([]rune, 0, len(s))
	for _, b := range []byte(s) {
		r = append(r, rune(b))
	}
	return string(r)
}
