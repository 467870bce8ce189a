package detector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// stateVersion is that of the layout behind the head of a state.
const stateVersion = 3

// stateMagic begins every state of a detector.
const stateMagic = "CrDt"

// ErrState is wrapped when a state is not of this program's version, of this model, or whole.
var ErrState = errors.New("the state does not fit: start the stream fresh")

// AppendState appends to dst all that the next scores depend on beside the model: the state of each member and the counters. The head names version and model; RestoreState brings the same bits back.
func (d *Detector) AppendState(dst []byte) []byte {
	dst = append(dst, stateMagic...)
	dst = binary.LittleEndian.AppendUint16(dst, stateVersion)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(d.model.hash)))
	dst = append(dst, d.model.hash...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(d.row)))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.seen))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.same))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(d.part)))
	dst = append(dst, d.part...)
	for _, v := range d.last {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	return d.panel.AppendState(dst)
}

// RestoreState takes what AppendState wrote, of a detector with the same model; from then on both give the same bits. On an error, which
// wraps ErrState, the detector is as it was.
func (d *Detector) RestoreState(b []byte) error {
	r := stateReader{b: b}
	if string(r.take(len(stateMagic))) != stateMagic || r.bad {
		return fmt.Errorf("stream %s: this is not a detector's state: %w", d.stream, ErrState)
	}
	if v := r.u16(); v != stateVersion {
		return fmt.Errorf("stream %s: the state has version %d, this program writes %d: %w", d.stream, v, stateVersion, ErrState)
	}
	if hash := string(r.take(int(r.u16()))); hash != d.model.hash {
		return fmt.Errorf("stream %s: the state is of model %q, in service is %s: %w", d.stream, hash, d.model.hash, ErrState)
	}
	width := int(r.u32())
	seen, same := r.u64(), r.u64()
	part := string(r.take(int(r.u32())))
	if r.bad || width != len(d.row) || seen > math.MaxInt32 || same > math.MaxInt32 {
		return fmt.Errorf("stream %s: the state is of %d features after %d windows, this model has %d features: %w", d.stream, width, seen, len(d.row), ErrState)
	}
	last := make([]float32, width)
	for j := range last {
		last[j] = math.Float32frombits(r.u32())
	}
	if r.bad {
		return fmt.Errorf("stream %s: the state is cut off after %d bytes: %w", d.stream, len(b), ErrState)
	}
	if err := d.panel.RestoreState(r.b); err != nil {
		return fmt.Errorf("stream %s: %w: %w", d.stream, err, ErrState)
	}
	d.seen, d.same, d.part = int(seen), int(same), part
	copy(d.last, last)
	return nil
}

// stateReader gives zeros once it has failed.
type stateReader struct {
	b   []byte
	bad bool
}

func (r *stateReader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return slices.Clip(out)
}

func (r *stateReader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *stateReader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *stateReader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
