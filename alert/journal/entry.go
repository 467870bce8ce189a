package journal

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"crackle/alert"
)

// Stream is the name of the JetStream stream, and Subjects what it takes.
const (
	Stream   = "CRACKLE_JOURNAL"
	Subjects = "crackle.journal.>"
)

// version rises when an older reader could misread an entry.
const version = 1

// maxBook bounds the book of an entry, unpacked.
const maxBook = 64 << 20

// ErrVersion is returned when the journal holds entries of a later version of the program.
var ErrVersion = errors.New("journal is of a later version")

// Entry is one line of the journal. Exactly one of Event, Note, Told and Opened is set.
type Entry struct {
	Version int       `json:"v"`
	Writer  string    `json:"writer"` // random, drawn when the journal is opened
	N       uint64    `json:"n"`      // the writer's count of entries, from 1
	At      time.Time `json:"at"`     // wall time
	Lost    uint64    `json:"lost,omitempty"`

	Event  *alert.Event `json:"event,omitempty"`
	Note   *Note        `json:"note,omitempty"`
	Told   *Told        `json:"told,omitempty"`
	Opened *Opened      `json:"opened,omitempty"`
}

// Note is a change made at run time: a limit, a model in service, a configuration.
type Note struct {
	What    string `json:"what"` // limit, model, config, ...
	Stream  string `json:"stream,omitempty"`
	By      string `json:"by"` // who; the program's own name where nobody did
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Told says that a sink is done with an event.
type Told struct {
	Event  string `json:"event"` // its id; empty: the sink is there from now on
	Sink   string `json:"sink"`
	Failed string `json:"failed,omitempty"` // why it was given up; empty: the other side took it
}

// Opened is the first entry of a writer, and comes again from time to time. It holds the alarm book, so that what is open outlives the
// oldest entries.
type Opened struct {
	Program string `json:"program,omitempty"` // version
	Book    []byte `json:"book,omitempty"`    // alert.Checkpoint without its history, as JSON, packed by gzip
}

func pack(c alert.Checkpoint) ([]byte, error) {
	c.History = nil
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if err := json.NewEncoder(z).Encode(c); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func unpack(b []byte) (c alert.Checkpoint, err error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return c, err
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxBook+1))
	if err != nil {
		return c, err
	}
	if len(raw) > maxBook {
		return c, fmt.Errorf("book of more than %d bytes", maxBook)
	}
	return c, json.Unmarshal(raw, &c)
}

// Decode reads one entry.
func Decode(data []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(data, &e); err != nil {
		return Entry{}, fmt.Errorf("journal: entry of %d bytes cannot be read: %w", len(data), err)
	}
	if e.Version > version {
		return Entry{}, fmt.Errorf("journal: %w: entry of version %d, this program reads up to version %d; start with the program that wrote it", ErrVersion, e.Version, version)
	}
	if e.Version < 1 || e.Writer == "" || e.N == 0 {
		return Entry{}, fmt.Errorf("journal: entry of version %d by writer %q with number %d; allowed are versions from 1, a writer and numbers from 1", e.Version, e.Writer, e.N)
	}
	return e, nil
}
