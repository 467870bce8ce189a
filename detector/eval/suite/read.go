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
	i := slices.IndexFunc(header, func(h string) bool { return strings.TrimPrefix(h, "\ufeff") == want })
	if i < 0 {
		return 0, fmt.Errorf("%s: no column %q among %s", name, want, strings.Join(header, ", "))
	}
	return i, nil
}

// value parses a cell; row counts from 1 as an editor does.
func value(name string, row int, cell string) (float64, error) {
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

// numpy reads a .npy file of float64 or int16 in C order, through gzip when its name ends so.
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

func parseNumpy(r io.Reader) (*array, error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if string(head[:6]) != "\x93NUMPY" || head[6] != 1 {
		return nil, errors.New("not a NumPy file of version 1")
	}
	text := make([]byte, binary.LittleEndian.Uint16(head[8:]))
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	kind, shape, err := parseHeader(string(text))
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
	size := map[string]int{"<f8": 8, "<i2": 2, "<f4": 4}[kind]
	if size == 0 {
		return nil, fmt.Errorf("element type %q, must be <f8, <f4 or <i2", kind)
	}
	raw, err := io.ReadAll(io.LimitReader(r, int64(size*count)))
	if err != nil {
		return nil, err
	}
	if len(raw) != size*count {
		return nil, fmt.Errorf("%d bytes of data, shape %v needs %d", len(raw), shape, size*count)
	}
	a.data = make([]float64, count)
	for i := range a.data {
		switch size {
		case 8:
			a.data[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		case 4:
			a.data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		case 2:
			a.data[i] = float64(int16(binary.LittleEndian.Uint16(raw[2*i:])))
		}
	}
	return a, nil
}

// parseHeader takes the dictionary of a .npy header apart.
func parseHeader(text string) (kind string, shape []int, err error) {
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
	if strings.Contains(text, "'fortran_order': True") {
		return "", nil, errors.New("column-major arrays are not read")
	}
	kind = after("descr", "'", "'")
	for _, n := range strings.Split(after("shape", "(", ")"), ",") {
		if n = strings.TrimSpace(n); n == "" {
			continue
		}
		v, err := strconv.Atoi(n)
		if err != nil {
			return "", nil, fmt.Errorf("shape %q is not understood", n)
		}
		shape = append(shape, v)
	}
	if kind == "" || len(shape) == 0 {
		return "", nil, fmt.Errorf("header %q is not understood", text)
	}
	return kind, shape, nil
}
