package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"crackle/cmd/crackle/config"
	"crackle/ingest/file"
)

// layout is how a recording is read where it is not plainly visible.
type layout struct {
	Separator    string   `placeholder:"CHAR" help:"Between cells: a character, 'tab' or 'space'. Default: found."`
	DecimalComma bool     `help:"Numbers are written 1,5. Default: found."`
	NoHeader     bool     `help:"The first line holds data. Default: found."`
	Time         string   `placeholder:"COLUMN" help:"Time column, by name or number from 1; 'none' for none. Default: found."`
	TimeUnit     string   `placeholder:"UNIT" help:"Of a numeric time column: s, ms, us, ns, min, h or d."`
	Column       []string `placeholder:"COLUMN" help:"Columns to take, in the order of the stream's channels, by name or number from 1. Default: those named as the channels, else all."`
	Rate         float64  `placeholder:"HZ" help:"Samples per second. Default: from the time column, else the stream's rate_hz."`
	Part         string   `help:"Part that the recording is of. Default: the file's name."`
	Lot          string   `help:"Lot that the recording is of."`
	BadAsMissing bool     `help:"Take cells that hold no number as missing samples instead of stopping."`
}

// options translates the flags for one file.
func (l *layout) options(path string) (file.Options, error) {
	o := file.Options{
		DecimalComma: l.DecimalComma, Time: l.Time, TimeUnit: l.TimeUnit, RateHz: l.Rate, Part: l.Part, Lot: l.Lot, BadAsMissing: l.BadAsMissing,
	}
	switch l.Separator {
	case "":
	case "tab":
		o.Separator = '\t'
	case "space":
		o.Separator = ' '
	default:
		if len(l.Separator) != 1 {
			return o, mistake{fmt.Errorf("--separator %q: give one character, 'tab' or 'space'", l.Separator)}
		}
		o.Separator = l.Separator[0]
	}
	if l.NoHeader {
		o.Header = file.HeaderAbsent
	}
	for _, c := range l.Column {
		o.Columns = append(o.Columns, file.Column{From: c})
	}
	if o.Part == "" {
		o.Part = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".gz"), filepath.Ext(strings.TrimSuffix(path, ".gz")))
	}
	return o, nil
}

// open reads a recording by itself, for a stream that has no configuration here.
func (l *layout) open(path string) (file.Reader, error) {
	o, err := l.options(path)
	if err != nil {
		return nil, err
	}
	return file.Open(path, o)
}

// openFor reads a recording as the stream's samples: its channels, by name where the file has them, by position
// where it has none of them, at its rate. A file that has some of them and not others is refused: by position one would be taken for another.
func (l *layout) openFor(path string, s *config.Stream) (file.Reader, error) {
	o, err := l.options(path)
	if err != nil {
		return nil, err
	}
	r, err := file.Open(path, o)
	if err != nil && o.RateHz == 0 { // perhaps it has no time column
		o.RateHz = s.RateHz
		r, err = file.Open(path, o)
	}
	if err != nil {
		return nil, err
	}
	info := r.Info()
	if math.Abs(info.RateHz/s.RateHz-1) > 1e-3 {
		return nil, errors.Join(mistake{fmt.Errorf("%s is sampled at %g Hz, stream %s at %g Hz; give the recording's rate with --rate if its time column misleads", path, info.RateHz, s.Name, s.RateHz)}, r.Close())
	}
	if len(o.Columns) == 0 && !slices.Equal(info.Channels, s.Channels) && len(without(info.Channels, s.Channels)) == 0 {
		if err := r.Close(); err != nil {
			return nil, err
		}
		for _, c := range s.Channels {
			o.Columns = append(o.Columns, file.Column{From: c})
		}
		if r, err = file.Open(path, o); err != nil {
			return nil, err
		}
		info = r.Info()
	}
	if len(info.Channels) != len(s.Channels) {
		return nil, errors.Join(mistake{fmt.Errorf("%s has %d columns of numbers (%s), stream %s has the channels %s; choose with --column",
			path, len(info.Channels), strings.Join(info.Channels, ", "), s.Name, strings.Join(s.Channels, ", "))}, r.Close())
	}
	if missing := without(info.Channels, s.Channels); len(o.Columns) == 0 && len(missing) > 0 && len(missing) < len(s.Channels) {
		return nil, errors.Join(mistake{fmt.Errorf("%s has the columns %s: %s of stream %s among them, but not %s; if another is meant, choose all with --column, in the order of the channels",
			path, strings.Join(info.Channels, ", "), strings.Join(without(missing, s.Channels), ", "), s.Name, strings.Join(missing, ", "))}, r.Close())
	}
	return r, nil
}

// without are those of some that are not among all.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(some), func(s string) bool { return slices.Contains(all, s) })
}

// streamOf finds a stream of the configuration by name; without a name it must have only one.
func streamOf(cfg *config.Config, name string) (*config.Stream, error) {
	names := cfg.StreamNames()
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	s, ok := cfg.Streams[name]
	if !ok {
		return nil, mistake{fmt.Errorf("--stream %q: the configuration has %s", name, strings.Join(names, ", "))}
	}
	return &s, nil
}

// subject is the stream that a command is about, and its configuration.
func subject(path, stream string) (*config.Config, *config.Stream, error) {
	cfg, err := load(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := streamOf(cfg, stream)
	return cfg, s, err
}

// bar shows how much of a file has been read, on a terminal; elsewhere it says nothing. At the end it tells what is remarkable about the file.
type bar struct {
	w         io.Writer
	name      string
	container *mpb.Progress
	bar       *mpb.Bar
	reader    file.Reader
	shown     time.Time
}

func newBar(w io.Writer, name string, r file.Reader) *bar {
	b := &bar{w: w, name: name, reader: r}
	if !isTerminal(w) {
		return b
	}
	_, total := r.Progress()
	b.container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
	b.bar = b.container.AddBar(max(total, 1),
		mpb.PrependDecorators(decor.Name(name+" ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.AverageETA(decor.ET_STYLE_GO)))
	return b
}

// update moves the bar, at most ten times a second.
func (b *bar) update() {
	if b.bar == nil || time.Since(b.shown) < 100*time.Millisecond {
		return
	}
	b.shown = time.Now()
	done, _ := b.reader.Progress()
	b.bar.SetCurrent(done)
}

func (b *bar) finish() {
	if b.bar != nil {
		b.bar.SetTotal(-1, true)
		b.container.Wait()
	}
	for _, note := range b.reader.Info().Notes {
		fmt.Fprintf(b.w, "%s: %s\n", b.name, note)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	i, err := f.Stat()
	return err == nil && i.Mode()&os.ModeCharDevice != 0
}
