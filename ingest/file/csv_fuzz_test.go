package file

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"crackle/ingest/block"
)

// readAll reads data as a file of the given block size, and returns samples, notes and the error that ended it.
func readAll(data []byte, o Options) (samples []float32, info Info, err error) {
	in := &input{path: "fuzz", close: func() error { return nil }}
	if err := in.start(bytes.NewReader(data)); err != nil {
		return nil, info, err
	}
	r, err := in.reader(o)
	if err != nil {
		return nil, info, err
	}
	var b block.Block
	for {
		if err := r.Read(&b); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return samples, r.Info(), err
		}
		samples = append(samples, b.Samples...)
	}
}

// FuzzCSV: no bytes make the reader panic, loop, or give other samples for another block size; every refusal names the file.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"1.5,2\r\n3,4\r\n",
		"timestamp,value\n2013-12-02 21:15:00,73.9\n2013-12-02 21:20:00,74.9\n",
		"Zeit;U\n0,00;1,5\n0,01;2,5\n",
		"X,CH1,Start,Increment,\nSequence,Volt,-3e-07,5e-10,\n0,1,\n1,2,\n",
		"\"\",\"a\"\n\"1660315243\",\"1\"\n\"1660315253\",\"\"\n",
		"# c\nt a\n0 1\n0.1 x\n",
		"d,v\n1/13/2020 12:00:00 AM,1\n1/13/2020 12:00:01 PM,2\n",
		"date time v\n2020-01-01 23:59:59.5 1\n2020-01-02 00:00:00.0 2\n",
		"a,\"b\"\"c\"\n1,\"2\n3,4",
		"\xef\xbb\xbfa\r1\r2\r",
		"\x1f\x8b\x08\x00",
	} {
		f.Add([]byte(s), 0.0, byte(0), false)
		f.Add([]byte(s), 100.0, byte(';'), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, rate float64, sep byte, lenient bool) {
		o := Options{RateHz: rate, Separator: sep, BadAsMissing: lenient, BlockSamples: 1}
		one, info, err := readAll(data, o)
		if err != nil && !strings.Contains(err.Error(), "fuzz") {
			t.Fatalf("error does not name the file: %v", err)
		}
		o.BlockSamples = 5
		five, _, again := readAll(data, o)
		if (err == nil) != (again == nil) || len(one) != len(five) {
			t.Fatalf("blocks of 1: %d samples, %v; of 5: %d samples, %v", len(one), err, len(five), again)
		}
		for i := range one {
			if math.Float32bits(one[i]) != math.Float32bits(five[i]) {
				t.Fatalf("sample %d: %v, %v", i, one[i], five[i])
			}
		}
		if err == nil && (len(info.Channels) == 0 || len(one) != int(info.Rows)*len(info.Channels) || !(info.RateHz > 0) || math.IsInf(info.RateHz, 0)) {
			t.Fatalf("%d samples, %+v", len(one), info)
		}
	})
}

// FuzzStamp: what is read as a time lies in the range that is promised.
func FuzzStamp(f *testing.F) {
	for _, s := range []string{"2013-12-02 21:15:00", "31.12.2019 23:59:59,5", "1/2/2020 3:04:05 PM", "23:59:60", "2020-02-30", "2020-01-01T00:00:00.123456789+05:30", "1.2.3"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := scan(b)
		if !ok {
			return
		}
		for _, order := range []dateOrder{dayFirst, monthFirst} {
			if ns, ok := c.unixNS(order, time.UTC); ok && (ns < -9e18 || ns > 8e18) {
				t.Fatalf("%q is %d ns", b, ns)
			}
		}
	})
}
