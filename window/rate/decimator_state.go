package rate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"crackle/ingest/block"
)

// decimatorState is the first byte of a saved state.
const decimatorState = 1

// AppendState appends to dst, in a fixed binary form, all that the decimator needs to go on: the rows under its filter and where it stands. A
// decimator of the same configuration that takes it up gives the same blocks as this one would, to the bit.
func (d *Decimator) AppendState(dst []byte) []byte {
	dst = append(dst, decimatorState, byte(d.out.Flags&block.PartBegin))
	u64 := func(v ...uint64) {
		for _, x := range v {
			dst = binary.LittleEndian.AppendUint64(dst, x)
		}
	}
	u64(uint64(d.factor), uint64(d.channels), uint64(len(d.taps)))
	rows := d.rows
	if !d.open {
		rows = 0
	}
	l := &d.last
	u64(uint64(rows), d.base, d.next, l.Run, l.Seq, l.First, uint64(l.TimeNS), math.Float64bits(l.RateHz), uint64(l.Flags), uint64(l.Channels))
	for _, text := range []string{l.Part, l.Lot} {
		u64(uint64(len(text)))
		dst = append(dst, text...)
	}
	for _, v := range d.history[:rows*d.channels] {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	return dst
}

// RestoreState takes up a state saved by AppendState. It fails when the state is damaged or of another configuration; the decimator is then as new.
func (d *Decimator) RestoreState(b []byte) error {
	d.open, d.rows, d.base, d.next, d.last = false, 0, 0, 0, block.Block{}
	d.out.Flags = 0
	if len(b) < 2 || b[0] != decimatorState {
		return errors.New("rate: a saved state of another version, or none: start the stream anew")
	}
	begins, b := block.Flags(b[1])&block.PartBegin, b[2:]
	damaged := errors.New("rate: a saved state that is damaged: start the stream anew")
	var v [13]uint64
	if len(b) < 8*len(v) {
		return damaged
	}
	for i := range v {
		v[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	b = b[8*len(v):]
	if v[0] != uint64(d.factor) || v[1] != uint64(d.channels) || v[2] != uint64(len(d.taps)) {
		return fmt.Errorf("rate: a saved state of factor %d with %d channels: this one has %d and %d: start the stream anew", v[0], v[1], d.factor, d.channels)
	}
	l := block.Block{Run: v[6], Seq: v[7], First: v[8], TimeNS: int64(v[9]), RateHz: math.Float64frombits(v[10]), Flags: block.Flags(v[11]), Channels: int(v[12])}
	for _, text := range []*string{&l.Part, &l.Lot} {
		if len(b) < 8 {
			return damaged
		}
		n := binary.LittleEndian.Uint64(b)
		if b = b[8:]; n > block.MaxText || n > uint64(len(b)) {
			return damaged
		}
		*text, b = string(b[:n]), b[n:]
	}
	rows, base, next := v[3], v[4], v[5]
	if rows > uint64(len(b)) || uint64(len(b)) != rows*4*uint64(d.channels) || l.Channels > block.MaxChannels || v[12] > block.MaxChannels {
		return damaged
	}
	// The row under the first tap lies in what is held, and the filter has used up what it could.
	if rows > 0 && (next < base || next-base+uint64(len(d.taps)) <= rows || next-base > rows+uint64(d.factor) || l.Channels != d.channels || next > 1<<62) {
		return damaged
	}
	d.history = d.history[:0]
	for i := range int(rows) * d.channels {
		d.history = append(d.history, math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
	d.open, d.rows, d.base, d.next, d.last, d.out.Flags = rows > 0, int(rows), base, next, l, begins
	return nil
}
