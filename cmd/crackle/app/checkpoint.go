package app

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/config"
	"crackle/detector/drift"
)

// checkpointVersion rises when an older reader could misread a checkpoint.
const checkpointVersion = 1

const (
	pieceMost    = 512 << 10 // of a state in one message; a NATS server takes 1 MiB unless told otherwise
	unpackedMost = 64 << 20  // of what a checkpoint holds
)

// errLaterCheckpoint is returned for a checkpoint that a later version of the program wrote.
var errLaterCheckpoint = errors.New("checkpoint of a later version")

// checkpoint is where a stream stands: up to where its signal has been dealt with, and all that the next scores depend on. It also says whose the
// stream is: the process that wrote it last.
type checkpoint struct {
	Version  int       `json:"version"`
	Owner    string    `json:"owner,omitempty"` // random name of the process; empty: it has let go of the stream
	Worker   string    `json:"worker"`          // its configured name
	Inbox    string    `json:"inbox"`           // NATS subject on which it can be asked to let go
	At       time.Time `json:"at"`
	Program  string    `json:"program"`
	Kernel   string    `json:"kernel"`
	Settings string    `json:"settings"` // of the stream, as far as the state depends on them
	Model    string    `json:"model,omitempty"`
	Seq      uint64    `json:"seq"`              // message of the signal store up to which everything is dealt with; 0: none yet
	Stored   bool      `json:"stored,omitempty"` // the signal was read from the store, so that Seq 0 is its beginning
	StoreNS  int64     `json:"store_ns"`
	Run      uint64    `json:"run,string"`
	Next     uint64    `json:"next"` // index after the last sample of the run; 0 with Run 0: nothing came yet

	Drift *drift.State `json:"drift,omitempty"` // of the model

	Pieces int    `json:"pieces,omitempty"` // the state is stored in so many pieces beside it
	Slot   int    `json:"slot,omitempty"`   // where they are: 0 or 1 in turn, so that those of the checkpoint before stay whole
	Sum    string `json:"sum,omitempty"`    // SHA-256 of the packed state, in hexadecimal

	state []byte // of the chain; empty when nothing came yet
}

// place is the checkpoint's.
func (c *checkpoint) place() place { return place{c.Seq, c.StoreNS, c.Run, c.Next} }

func (c *checkpoint) setPlace(p place) { c.Seq, c.StoreNS, c.Run, c.Next = p.seq, p.ns, p.run, p.next }

// encode gives a line of JSON and the state packed behind it. Where that is too much for one message, the packed state comes back as rest, to be
// stored in pieces before it.
func (c *checkpoint) encode() (whole, rest []byte, err error) {
	c.Version = checkpointVersion
	packed, err := pack(c.state)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint: %w", err)
	}
	c.Pieces, c.Sum = 0, ""
	if len(packed) > pieceMost {
		sum := sha256.Sum256(packed)
		c.Pieces, c.Sum = (len(packed)+pieceMost-1)/pieceMost, hex.EncodeToString(sum[:])
		packed, rest = nil, packed
	}
	head, err := json.Marshal(c)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint: %w", err)
	}
	return append(append(head, '\n'), packed...), rest, nil
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}

func unpack(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, unpackedMost+1))
	if err == nil && len(out) > unpackedMost {
		err = fmt.Errorf("more than %d bytes", unpackedMost)
	}
	return out, err
}

// readCheckpoint reads what encode wrote; piece gives one of the pieces, where there are any. It fails with errLaterCheckpoint for one of a later version.
func readCheckpoint(stream string, b []byte, piece func(slot, i int) ([]byte, error)) (*checkpoint, error) {
	head, packed, found := bytes.Cut(b, []byte{'\n'})
	c := new(checkpoint)
	if err := json.Unmarshal(head, c); err != nil || !found {
		return nil, fmt.Errorf("stream %s: checkpoint of %d bytes cannot be read: %w", stream, len(b), errors.Join(err))
	}
	if c.Version > checkpointVersion {
		return nil, fmt.Errorf("stream %s: %w: it is of version %d, written by crackle %s; this program reads up to version %d: start with the program that wrote it, or begin without it: start = %q",
			stream, errLaterCheckpoint, c.Version, c.Program, checkpointVersion, config.StartNew)
	}
	for i := range c.Pieces {
		p, err := piece(c.Slot, i)
		if err != nil {
			return nil, fmt.Errorf("stream %s: piece %d of the state in the checkpoint cannot be read: %w", stream, i, err)
		}
		packed = append(packed[:len(packed):len(packed)], p...)
	}
	if sum := sha256.Sum256(packed); c.Pieces > 0 && hex.EncodeToString(sum[:]) != c.Sum {
		return nil, fmt.Errorf("stream %s: the pieces of the state in the checkpoint do not fit together", stream)
	}
	var err error
	if c.state, err = unpack(packed); err != nil {
		return nil, fmt.Errorf("stream %s: state in the checkpoint cannot be read: %w", stream, err)
	}
	return c, nil
}

// encodeMachine packs the alarm machine's checkpoint, without its history, which the journal has.
func encodeMachine(c alert.Checkpoint) ([]byte, error) {
	c.History = nil
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("checkpoint of the alarms: %w", err)
	}
	return pack(text)
}

func readMachine(b []byte) (*alert.Checkpoint, error) {
	text, err := unpack(b)
	c := new(alert.Checkpoint)
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint of the alarms cannot be read: %w", err)
	}
	return c, nil
}

// stateOf names what a stream's saved state depends on beside its model.
func stateOf(s *config.Stream) string {
	return fmt.Sprintf("%s %d %+v %q", s.Fingerprint(), s.Decimate, s.Account(), s.Master.Parts)
}
