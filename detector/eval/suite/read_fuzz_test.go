package suite

import (
	"bytes"
	"testing"
)

// Files of a benchmark come from elsewhere: no bytes may crash the reader or make it ask for more than they hold.
func FuzzNumpy(f *testing.F) {
	f.Add([]byte("\x93NUMPY\x01\x00\x36\x00{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}\x01\x00\x02\x00"))
	f.Add([]byte("\x93NUMPY\x01\x00\x02\x00{}"))
	f.Add([]byte("\x93NUMPY\x02\x00\x36\x00\x00\x00{'descr': '|u1', 'fortran_order': True, 'shape': (1,2)}\x01\x02"))
	f.Add([]byte("\x93NUMPY\x03\x00\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseNumpy(bytes.NewReader(b))
		if err != nil {
			return
		}
		n := 1
		for _, s := range a.shape {
			n *= s
		}
		if len(a.data) != n || len(a.data) > len(b) {
			t.Fatalf("shape %v with %d values from %d bytes", a.shape, len(a.data), len(b))
		}
	})
}
