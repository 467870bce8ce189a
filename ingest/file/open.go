package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// bufferSize bounds a line, and is how much of the file is looked at to see its layout.
const bufferSize = 1 << 20

// formats, tried in order, see whether they know the head of a file.
var formats = []struct {
	knows func(head []byte) bool
	open  func(*input, Options) (Reader, error)
}{
	{isText, openCSV},
}

// Open opens a recording and finds its layout. The file may be compressed with gzip, whatever its name.
func Open(path string, o Options) (Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	r, err := open(f, path, o)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

func open(f *os.File, path string, o Options) (Reader, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	if st.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name one file in it", path)
	}
	in := &input{path: path, close: f.Close}
	if st.Mode().IsRegular() {
		in.total = st.Size()
	}
	if err := in.start(f); err != nil {
		return nil, err
	}
	return in.reader(o)
}

// input is a file's content, decompressed, with a buffer that lets a format look at its head.
type input struct {
	*bufio.Reader
	path       string
	compressed bool
	done       atomic.Int64
	total      int64
	close      func() error
}

// counted counts what is read of the file itself.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (in *input) start(r io.Reader) error {
	raw := bufio.NewReaderSize(counted{r, &in.done}, 64<<10)
	magic, err := raw.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", in.path, err)
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		in.Reader = bufio.NewReaderSize(raw, bufferSize)
		return nil
	}
	z, err := gzip.NewReader(raw)
	if err != nil {
		return fmt.Errorf("%s: looks compressed with gzip, but: %w", in.path, err)
	}
	in.compressed = true
	in.Reader = bufio.NewReaderSize(z, bufferSize)
	return nil
}

// head is what lies ahead, up to the buffer's size, without taking it, and whether that is all.
func (in *input) head() (head []byte, all bool, err error) {
	head, err = in.Peek(bufferSize)
	switch {
	case errors.Is(err, io.EOF):
		return head, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("%s: %w; the file is damaged or cut short", in.path, err)
	}
	return head, false, nil
}

func (in *input) reader(o Options) (Reader, error) {
	head, _, err := in.head()
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, fmt.Errorf("%s is empty", in.path)
	}
	for _, f := range formats {
		if f.knows(head) {
			return f.open(in, o)
		}
	}
	return nil, fmt.Errorf("%s is %s; save it as text with one row per line (CSV, UTF-8) and open that", in.path, kindOf(head))
}

// isText says whether the head could be text in a one-byte encoding or UTF-8.
func isText(head []byte) bool {
	return bytes.IndexByte(head, 0) < 0 && !bytes.HasPrefix(head, []byte("PK\x03\x04")) &&
		!bytes.HasPrefix(head, []byte("\xff\xfe")) && !bytes.HasPrefix(head, []byte("\xfe\xff"))
}

func kindOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a zip archive or a spreadsheet"
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "text in UTF-16"
	}
	return "of a binary kind that is not known"
}
