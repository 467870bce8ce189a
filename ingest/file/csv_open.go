package file

import (
	"bytes"
	"fmt"
	"math"
)

// maxBlockBytes keeps a block of float32 samples within the 512 KiB of a message, header included.
const maxBlockBytes = 500 << 10

func openCSV(in *input, o Options) (Reader, error) {
	head, all, err := in.head()
	if err != nil {
		return nil, err
	}
	bom := len(head) - len(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	l, err := findLayout(head[bom:], all, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	b, err := l.findTimebase(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	r := &csvReader{
		in: in, sep: l.sep, comma: l.comma, end: '\n', cols: len(l.columns), part: o.Part, lot: o.Lot, bad: o.BadAsMissing,
		clock: b.clock, origin: b.first, rateHz: b.rateHz, watch: watch{period: b.period, tolerance: b.tolerance()},
	}
	r.regular = b.regular && math.Abs(b.rateHz*b.period-1) <= 0.01
	if l.cr {
		r.end = '\r'
	}
	if err := r.chooseChannels(l, b, o); err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	if err := r.chooseBlock(o.BlockSamples); err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	r.describe(l, b, o)
	// What follows must not refer to the head any more: the buffer moves on.
	if err := r.skipTo(bom, l.first); err != nil {
		return nil, err
	}
	r.advance()
	return r, nil
}

// chooseChannels takes the columns that are named, else all of numbers but time and row counter, and notes what is left out.
func (r *csvReader) chooseChannels(l *layout, b *timebase, o Options) error {
	for _, c := range o.Columns {
		i, err := l.find(c.From)
		if err != nil {
			return err
		}
		ch := channel{i, c.Name, c.Scale}
		if ch.name == "" {
			ch.name = l.columns[i].name
		}
		if ch.scale == 0 {
			ch.scale = 1
		}
		if math.IsNaN(ch.scale) || math.IsInf(ch.scale, 0) {
			return fmt.Errorf("column %q: scale is %v; give a finite number", c.From, c.Scale)
		}
		r.channels = append(r.channels, ch)
	}
	for i := range l.columns {
		c := &l.columns[i]
		if len(o.Columns) > 0 || i == b.column || i == b.second || i == b.counter {
			continue
		}
		named := l.header > 0 && c.name != fmt.Sprintf("c%d", i+1)
		filled := c.numbers + c.stamps + c.others
		rows := min(len(l.cells()), layoutLines) / 2
		switch {
		case c.kind == numberColumn && filled*10 < rows:
			l.notes = append(l.notes, fmt.Sprintf("column %q is nearly empty at first and was left out; name it to take it", c.name))
		case c.kind == numberColumn:
			r.channels = append(r.channels, channel{i, c.name, 1})
		case c.kind == emptyColumn && named && l.increment == 0:
			l.notes = append(l.notes, fmt.Sprintf("column %q is empty at first and was left out; name it to take it", c.name))
		case c.kind == textColumn || c.kind == stampColumn:
			l.notes = append(l.notes, fmt.Sprintf("column %q does not hold numbers and was left out", c.name))
		}
	}
	seen := map[string]bool{}
	for _, c := range r.channels {
		if seen[c.name] {
			return fmt.Errorf("two channels are called %q; give each its own name", c.name)
		}
		seen[c.name] = true
	}
	if len(r.channels) == 0 {
		return fmt.Errorf("none of the columns %s is a channel of numbers; name those to take", l.list())
	}
	r.row = make([]float32, len(r.channels))
	return nil
}

func (r *csvReader) chooseBlock(n int) error {
	largest := maxBlockBytes / 4 / len(r.channels)
	switch {
	case largest == 0:
		return fmt.Errorf("%d channels; a block can hold at most %d; name those to take", len(r.channels), maxBlockBytes/4)
	case n == 0:
		n = min(DefaultBlockSamples, largest)
	case n < 0 || n > largest:
		return fmt.Errorf("block of %d rows; give 1 to %d for %d channels", n, largest, len(r.channels))
	}
	r.block = n
	return nil
}

func (r *csvReader) describe(l *layout, b *timebase, o Options) {
	r.info = Info{
		Path: r.in.path, Format: "csv", Compressed: r.in.compressed, RateHz: r.rateHz, Rows: -1,
		Separator: l.sep, DecimalComma: l.comma, HeaderLine: l.header, Start: o.Start.UTC(),
	}
	for _, c := range r.channels {
		r.info.Channels = append(r.info.Channels, c.name)
	}
	if b.column >= 0 {
		r.info.TimeColumn = l.columns[b.column].name
	}
	switch {
	case b.absolute():
		r.startNS = b.first.ns
		r.info.Start = b.first.time()
	case !o.Start.IsZero():
		r.startNS = o.Start.UnixNano()
	case l.increment > 0:
		r.startNS = int64(l.start * 1e9)
	}
	r.notes = l.notes
}
