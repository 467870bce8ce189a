package head

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Label is a line of a table of labels: what is true of a part, or of a stretch of it.
type Label struct {
	Line     int
	Part     string
	Specimen string
	From, To float64 // seconds from the part's beginning; To is infinite where the table names no stretch
	Value    float64 // of a number
	Class    string  // as written
}

// Labels is a table that has been read.
type Labels struct {
	Target  string
	Classes []string // in order, of a target that is no number; none: numbers
	List    []Label
}

// maxLabels bounds a table.
const maxLabels = 100_000

// ReadLabels reads a table of labels: CSV with a header line and the columns part, specimen and the target's, and from_s and to_s where labels are
// of stretches. asClasses takes numbers for names of classes. It reports every mistake with its line: a column that is missing, a cell that is
// empty or no number, a stretch that ends before it begins, stretches of one part that overlap.
func ReadLabels(r io.Reader, target string, asClasses bool) (*Labels, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("labels: no header line with the columns part, specimen and %s: %w", target, err)
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("labels: column %q stands twice in the header line", name)
		}
		at[name] = i
	}
	var errs []error
	for _, c := range []struct{ name, why string }{
		{"part", "it names the recording"},
		{"specimen", "it says what the part was cut from or is a measurement of, so that no specimen is both learnt from and tested on"},
		{target, "it is what is to be learnt"},
	} {
		if _, ok := at[c.name]; !ok {
			errs = append(errs, fmt.Errorf("labels: there is no column %q among %q: %s", c.name, head, c.why))
		}
	}
	_, from := at["from_s"]
	_, to := at["to_s"]
	if from != to {
		errs = append(errs, errors.New("labels: from_s and to_s stand together or not at all"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	l := &Labels{Target: target}
	numbers := !asClasses
	for {
		cells, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
		line, _ := in.FieldPos(0)
		if len(l.List) == maxLabels {
			return nil, fmt.Errorf("labels: line %d: more than %d labels", line, maxLabels)
		}
		b := Label{Line: line, To: math.Inf(1)}
		get := func(name string) string {
			v := strings.TrimSpace(cells[at[name]])
			if v == "" {
				errs = append(errs, fmt.Errorf("labels: line %d: no %s: fill it in, or take the line out", line, name))
			}
			return v
		}
		b.Part, b.Specimen, b.Class = get("part"), get("specimen"), get(target)
		if from {
			errs = append(errs, b.stretch(get("from_s"), get("to_s"))...)
		}
		if b.Value, err = strconv.ParseFloat(b.Class, 64); err != nil || math.IsNaN(b.Value) || math.IsInf(b.Value, 0) {
			numbers = false
		}
		l.List = append(l.List, b)
	}
	if len(l.List) == 0 {
		errs = append(errs, errors.New("labels: there is no line behind the header"))
	}
	errs = append(errs, l.overlaps()...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if numbers {
		return l, nil
	}
	for i := range l.List {
		l.List[i].Value = 0
		l.Classes = append(l.Classes, l.List[i].Class)
	}
	slices.Sort(l.Classes)
	l.Classes = slices.Compact(l.Classes)
	return l, nil
}

// stretch reads the two ends.
func (b *Label) stretch(from, to string) (errs []error) {
	for _, c := range []struct {
		text string
		into *float64
	}{{from, &b.From}, {to, &b.To}} {
		v, err := strconv.ParseFloat(c.text, 64)
		if c.text != "" && (err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0) {
			errs = append(errs, fmt.Errorf("labels: line %d: %q is no time in seconds from the part's beginning", b.Line, c.text))
		}
		*c.into = v
	}
	if len(errs) == 0 && from != "" && to != "" && !(b.To > b.From) {
		errs = append(errs, fmt.Errorf("labels: line %d: the stretch ends at %g s and begins at %g s", b.Line, b.To, b.From))
	}
	return errs
}

// overlaps finds stretches of one part that share time, and parts that are labelled twice.
func (l *Labels) overlaps() (errs []error) {
	sorted := slices.Clone(l.List)
	slices.SortStableFunc(sorted, func(a, b Label) int {
		return cmp.Or(strings.Compare(a.Part, b.Part), cmp.Compare(a.From, b.From), cmp.Compare(a.Line, b.Line))
	})
	for i := 1; i < len(sorted); i++ {
		a, b := &sorted[i-1], &sorted[i]
		if a.Part != b.Part || a.Part == "" || b.From >= a.To {
			continue
		}
		errs = append(errs, fmt.Errorf("labels: line %d overlaps line %d on part %s: which of both is true cannot be told; correct from_s and to_s, or take one out",
			max(a.Line, b.Line), min(a.Line, b.Line), a.Part))
	}
	return errs
}

// Of lists the labels of a part, and notes that there is such a part; length is in seconds. It fails on a label that lies outside.
func (l *Labels) Of(part string, length float64) ([]Label, error) {
	var out []Label
	var errs []error
	for _, b := range l.List {
		if b.Part != part {
			continue
		}
		if !math.IsInf(b.To, 1) && b.To > length*(1+1e-9) {
			errs = append(errs, fmt.Errorf("labels: line %d: the stretch ends at %g s, and part %s is %g s long: correct it", b.Line, b.To, part, length))
		}
		out = append(out, b)
	}
	return out, errors.Join(errs...)
}

// Missing lists the labels whose part is none of those given.
func (l *Labels) Missing(parts []string) error {
	var errs []error
	for _, b := range l.List {
		if !slices.Contains(parts, b.Part) {
			errs = append(errs, fmt.Errorf("labels: line %d: part %s is none of the recordings: give its recording, or take the line out", b.Line, b.Part))
		}
	}
	return errors.Join(errs...)
}
