package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"crackle/ingest/block"
)

// csvReader reads delimited text. It is always one row ahead, so that the last block can be marked as such.
type csvReader struct {
	in    *input
	info  Info
	notes []string // of the layout
	sep   byte
	comma bool
	end   byte // of a line
	cols  int
	block int
	part  string
	lot   string
	bad   bool // BadAsMissing

	channels []channel
	clock    clock
	watch    watch
	regular  bool    // the clock runs evenly at the rate: rows that it jumps over are missing
	startNS  int64   // wall time of the first row, when it is known
	origin   moment  // of the first row by the clock
	rateHz   float64 // as in info

	// The row ahead.
	line   int // number of the line it came from
	cells  [][]byte
	row    []float32
	now    moment
	have   bool
	err    error  // why there is none; io.EOF at the end
	at     uint64 // rows before it
	ahead  uint64 // rows that are missing just before it
	lost   uint64 // rows that were missing before those
	closed bool
}

// channel takes one column.
type channel struct {
	column int
	name   string
	scale  float64 // 1 leaves the sample as it is
}

// CellError says that a cell or row cannot be taken.
type CellError struct {
	Path    string
	Line    int
	Column  int // counted from 1; 0 when the whole line is meant
	Name    string
	Found   string
	Allowed string
}

func (e *CellError) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("%s:%d: found %s; allowed are %s; correct the line, or have bad cells taken as missing", e.Path, e.Line, e.Found, e.Allowed)
	}
	return fmt.Sprintf("%s:%d:%d: found %q in %q; allowed are %s; correct the cell, or have bad cells taken as missing", e.Path, e.Line, e.Column, e.Found, e.Name, e.Allowed)
}

// skipTo passes over the byte-order mark and the lines above the data.
func (r *csvReader) skipTo(bom, first int) error {
	if _, err := r.in.Discard(bom); err != nil {
		return fmt.Errorf("%s: %w", r.in.path, err)
	}
	for r.line = 0; r.line < first-1; {
		if _, err := r.readLine(); err != nil {
			return err
		}
	}
	return nil
}

// readLine returns the next line without its end, valid until the next call.
func (r *csvReader) readLine() ([]byte, error) {
	b, err := r.in.ReadSlice(r.end)
	if len(b) > 0 && (err == nil || errors.Is(err, io.EOF)) {
		r.line++
		return bytes.TrimRight(b, "\r\n"), nil
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes; give a file with one row per line", r.in.path, r.line+1, bufferSize)
	}
	return nil, fmt.Errorf("%s:%d: %w; the file is damaged or cut short", r.in.path, r.line+1, err)
}

// advance reads the next row ahead.
func (r *csvReader) advance() {
	r.have = false
	for r.err == nil {
		b, err := r.readLine()
		if err != nil {
			r.err = err
			return
		}
		if isComment(b) || len(trim(b)) == 0 {
			continue
		}
		if r.err = r.take(b); r.err == nil {
			r.have = true
		}
		return
	}
}

// take reads a line into the row ahead.
func (r *csvReader) take(b []byte) error {
	var err error
	if r.cells, err = split(r.cells, b, r.sep); err != nil {
		return r.badLine("a row in which "+err.Error(), "closed quotation marks")
	}
	for _, extra := range r.cells[min(len(r.cells), r.cols):] {
		if len(extra) > 0 {
			return r.badLine(fmt.Sprintf("%d cells", len(r.cells)), fmt.Sprintf("%d as in the rows before", r.cols))
		}
	}
	for i := range r.channels {
		c := &r.channels[i]
		if c.column >= len(r.cells) {
			return r.badLine(fmt.Sprintf("%d cells", len(r.cells)), fmt.Sprintf("%d as in the rows before", r.cols))
		}
		if err := r.takeCell(i, c, r.cells[c.column]); err != nil {
			return err
		}
	}
	return r.takeTime()
}

var nan = float32(math.NaN())

func (r *csvReader) takeCell(i int, c *channel, cell []byte) error {
	bits := 32
	if c.scale != 1 {
		bits = 64
	}
	v, k := parse(cell, r.comma, bits)
	switch k {
	case number:
		if c.scale != 1 {
			v *= c.scale
		}
		r.row[i] = float32(v)
	case empty:
		r.info.Missing++
		r.row[i] = nan
	default:
		if !r.bad {
			return &CellError{r.in.path, r.line, c.column + 1, c.name, clip(cell), r.allowed()}
		}
		r.info.Bad++
		r.row[i] = nan
	}
	return nil
}

func (r *csvReader) allowed() string {
	if r.comma {
		return "numbers up to 3.4e38 such as -1,5 or 2e-3 and empty cells"
	}
	return "numbers up to 3.4e38 such as -1.5 or 2e-3 and empty cells"
}

// clip keeps a message short.
func clip(cell []byte) string {
	if len(cell) > 40 {
		return string(cell[:40]) + "..."
	}
	return string(cell)
}

// badLine refuses a line, or fills the row ahead with missing samples.
func (r *csvReader) badLine(found, allowed string) error {
	if !r.bad {
		return &CellError{Path: r.in.path, Line: r.line, Found: found, Allowed: allowed}
	}
	r.info.Bad += int64(len(r.row))
	for i := range r.row {
		r.row[i] = nan
	}
	r.watch.skip()
	return nil
}

func (r *csvReader) takeTime() error {
	if r.clock.column < 0 {
		return nil
	}
	m, ok := r.clock.read(r.cells)
	switch {
	case ok:
		r.now = m
		if n := r.watch.see(int64(r.at)+1, m); r.regular {
			r.ahead = n
		}
	case r.bad || r.clock.column < len(r.cells) && len(r.cells[r.clock.column]) == 0:
		r.watch.unreadable++
		r.watch.skip()
	default:
		if r.clock.column >= len(r.cells) {
			return &CellError{Path: r.in.path, Line: r.line, Found: fmt.Sprintf("%d cells", len(r.cells)), Allowed: fmt.Sprintf("%d as in the rows before", r.cols)}
		}
		return &CellError{r.in.path, r.line, r.clock.column + 1, r.info.TimeColumn, clip(r.cells[r.clock.column]), "times written as in the first row"}
	}
	return nil
}

func (r *csvReader) Read(dst *block.Block) error {
	if r.closed {
		return fmt.Errorf("%s: read after close", r.in.path)
	}
	dst.Samples = dst.Samples[:0]
	if !r.have {
		return r.err
	}
	if need := r.block * len(r.row); cap(dst.Samples) < need && (r.in.total == 0 || r.in.compressed || int64(need) <= r.in.total) {
		dst.Samples = make([]float32, 0, need)
	}
	r.lost, r.ahead = r.lost+r.ahead, 0
	dst.First, dst.TimeNS = r.at+r.lost, r.timeNS()
	dst.RateHz, dst.Channels = r.rateHz, len(r.row)
	dst.Part, dst.Lot = r.part, r.lot
	dst.Flags = block.Recorded
	if r.at == 0 {
		dst.Flags |= block.PartBegin
	}
	for n := 0; n < r.block && r.have && r.ahead == 0; n++ {
		dst.Samples = append(dst.Samples, r.row...)
		r.at++
		r.advance()
	}
	if !r.have && errors.Is(r.err, io.EOF) {
		dst.Flags |= block.PartEnd
		r.info.Rows = int64(r.at)
	}
	return nil
}

// timeNS is the wall time of the row ahead: by the file's clock, else by the rate. When the file does not tell and nobody said, time counts from 1970.
func (r *csvReader) timeNS() int64 {
	switch {
	case r.clock.absolute():
		return r.now.ns
	case r.clock.column >= 0:
		return r.startNS + int64(math.Round(r.now.since(r.origin)*1e9))
	}
	return r.startNS + int64(math.Round(float64(r.at)*(1e9/r.rateHz)))
}

func (r *csvReader) Info() Info {
	i := r.info
	i.Notes = append(append([]string(nil), r.notes...), r.watch.notes()...)
	if i.Skipped = int64(r.lost); r.lost > 0 {
		i.Notes = append(i.Notes, fmt.Sprintf("%s rows are missing by the clock, and are taken so", grouped(float64(r.lost))))
	}
	if i.Bad > 0 {
		i.Notes = append(i.Notes, fmt.Sprintf("%d samples held no number and were taken as missing", i.Bad))
	}
	return i
}

func (r *csvReader) Progress() (done, total int64) { return r.in.done.Load(), r.in.total }

func (r *csvReader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return r.in.close()
}
