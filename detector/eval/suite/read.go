package suite

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// glob finds files below the root by pattern, sorted; none is an error that tells what was looked for.
func glob(root fs.FS, pattern string) ([]string, error) {
	found, err := fs.Glob(root, pattern)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no file fits %s: name the benchmark's folder", pattern)
	}
	slices.Sort(found)
	return found, nil
}

// open opens a file that the benchmark's layout has.
func open(root fs.FS, name string) (fs.File, error) {
	f, err := root.Open(name)
	return f, absent(name, err)
}

// content reads such a file whole.
func content(root fs.FS, name string) ([]byte, error) {
	b, err := fs.ReadFile(root, name)
	return b, absent(name, err)
}

func absent(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no file %s: name the benchmark's folder", name)
	}
	return err
}

// table reads a whole CSV file.
func table(root fs.FS, name string, comma rune) ([][]string, error) {
	f, err := open(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReader(f))
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	return rows, nil
}

// column finds a header field.
func column(name string, header []string, want string) (int, error) {
	i := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")) == want })
	if i < 0 {
		return 0, fmt.Errorf("%s: no column %q among %s", name, want, strings.Join(header, ", "))
	}
	return i, nil
}

// value parses a cell, NaN for an empty one: a missing value; row counts from 1 as an editor does.
func value(name string, row int, cell string) (float64, error) {
	if strings.TrimSpace(cell) == "" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s, line %d: %q is not a finite number", name, row, cell)
	}
	return v, nil
}

// array is a NumPy array, row-major.
type array struct {
	shape []int
	data  []float64
}

// most bounds what a header may ask for.
const most = 1 << 28

// numpy reads a .npy file of numbers, through gzip when its name ends so.
func numpy(root fs.FS, name string) (*array, error) {
	f, err := open(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if path.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	a, err := parseNumpy(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// kinds are the bytes and the reading of the element types that are read.
var kinds = map[string]struct {
	size int
	read func(b []byte) float64
}{
	"<f8": {8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
	"<f4": {4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"<i8": {8, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }},
	"<i4": {4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }},
	"<i2": {2, func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) }},
	"|u1": {1, func(b []byte) float64 { return float64(b[0]) }},
}

func parseNumpy(r io.Reader) (*array, error) {
	text, err := headerOf(r)
	if err != nil {
		return nil, err
	}
	kind, shape, columns, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	a := &array{shape: shape}
	count := 1
	for _, n := range shape {
		if n < 0 || n > most || count*max(n, 1) > most {
			return nil, fmt.Errorf("shape %v is too large", shape)
		}
		count *= n
	}
	k, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("element type %q, must be one of %s", kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	raw, err := io.ReadAll(io.LimitReader(r, int64(k.size*count)))
	if err != nil {
		return nil, err
	}
	if len(raw) != k.size*count {
		return nil, fmt.Errorf("%d bytes of data, shape %v needs %d", len(raw), shape, k.size*count)
	}
	a.data = make([]float64, count)
	for i := range a.data {
		at := i
		if columns {
			at = byColumns(i, shape)
		}
		a.data[i] = k.read(raw[k.size*at:])
	}
	return a, nil
}

// byColumns is where an array that is kept column by column has the i-th element of the row-major order.
func byColumns(i int, shape []int) int {
	at, stride := 0, 1
	for _, n := range shape {
		stride *= n
	}
	for k := len(shape) - 1; k >= 0; k-- {
		stride /= shape[k]
		at += i % shape[k] * stride
		i /= shape[k]
	}
	return at
}

// headerOf reads up to the end of the header, of any version.
func headerOf(r io.Reader) (string, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:10]); err != nil {
		return "", err
	}
	if string(head[:6]) != "\x93NUMPY" || head[6] < 1 || head[6] > 3 {
		return "", errors.New("not a NumPy file of version 1 to 3")
	}
	long := int(binary.LittleEndian.Uint16(head[8:]))
	if head[6] > 1 {
		if _, err := io.ReadFull(r, head[10:]); err != nil {
			return "", err
		}
		if v := binary.LittleEndian.Uint32(head[8:]); v <= 1<<16 {
			long = int(v)
		} else {
			return "", fmt.Errorf("a header of %d bytes is too long", v)
		}
	}
	text := make([]byte, long)
	_, err := io.ReadFull(r, text)
	return string(text), err
}

// parseHeader takes the dictionary of a .npy header apart.
func parseHeader(text string) (kind string, shape []int, columns bool, err error) {
	after := func(key, open, end string) string {
		_, rest, ok := strings.Cut(text, "'"+key+"':")
		if !ok {
			return ""
		}
		if _, rest, ok = strings.Cut(rest, open); !ok {
			return ""
		}
		in, _, _ := strings.Cut(rest, end)
		return in
	}
	columns = strings.Contains(text, "'fortran_order': True")
	kind = after("descr", "'", "'")
	for _, n := range strings.Split(after("shape", "(", ")"), ",") {
		if n = strings.TrimSpace(n); n == "" {
			continue
		}
		v, err := strconv.Atoi(n)
		if err != nil {
			return "", nil, false, fmt.Errorf("shape %q is not understood", n)
		}
		shape = append(shape, v)
	}
	if kind == "" || len(shape) == 0 {
		return "", nil, false, fmt.Errorf("header %q is not understood", text)
	}
	return kind, shape, columns, nil
}
