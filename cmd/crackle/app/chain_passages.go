package app

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"crackle/detector/master"
)

// passages are what a chain remembers of the part under way, and the one before, beside what scores depend on: for its reference parts and heads.
type passages struct {
	Masters [2]keptPassage  `json:"masters"`
	Answers [2]keptGathered `json:"answers"`
}

type keptPassage struct {
	Run   uint64       `json:"run"`
	First uint64       `json:"first"`
	Part  string       `json:"part"`
	Over  bool         `json:"over"`
	Meter master.Meter `json:"meter"`
}

type keptGathered struct {
	Run   uint64 `json:"run"`
	First uint64 `json:"first"`
	Part  string `json:"part"`
	Over  bool   `json:"over"`
	Width int    `json:"width"`
	Lost  int    `json:"lost"`
	Torn  bool   `json:"torn"`
	Flat  []byte `json:"flat"` // float32, little-endian
}

// keptRows bounds, in bytes, the windows of a part that a checkpoint holds for its heads.
const keptRows = 256 << 10

// AppendWhole is AppendState with what is remembered of the part under way for reference parts and heads, as a checkpoint keeps it.
func (h *Chain) AppendWhole(dst []byte) []byte {
	dst = h.AppendState(dst)
	if len(h.masters.names)+len(h.answers.heads) == 0 {
		return dst
	}
	var p passages
	for i, g := range []*passage{&h.masters.cur, &h.masters.last} {
		p.Masters[i] = keptPassage{g.run, g.first, g.part, g.over, g.meter}
	}
	for i, g := range []*gathered{&h.answers.cur, &h.answers.last} {
		k := keptGathered{Run: g.run, First: g.first, Part: g.part, Over: g.over, Width: g.width, Lost: g.lost, Torn: g.torn}
		if k.Torn = k.Torn || 4*len(g.flat) > keptRows; !k.Torn {
			for _, v := range g.flat {
				k.Flat = binary.LittleEndian.AppendUint32(k.Flat, math.Float32bits(v))
			}
		}
		p.Answers[i] = k
	}
	text, err := json.Marshal(p)
	if err != nil { // a sum that is not finite: the part counts as not seen whole
		return dst
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
	return append(dst, text...)
}

// takeUpPassages reads what AppendWhole wrote behind the sections of AppendState.
func (h *Chain) takeUpPassages(b []byte) error {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)-4) {
		return errors.New("a saved state that is cut off")
	}
	var p passages
	if err := json.Unmarshal(b[4:], &p); err != nil {
		return fmt.Errorf("a saved state that is damaged: %w", err)
	}
	for i, g := range []*passage{&h.masters.cur, &h.masters.last} {
		k := p.Masters[i]
		*g = passage{run: k.Run, first: k.First, part: k.Part, over: k.Over, meter: k.Meter}
	}
	width := h.Conditioner.Features().Len()
	for i, g := range []*gathered{&h.answers.cur, &h.answers.last} {
		k := p.Answers[i]
		if k.Width != 0 && k.Width != width || len(k.Flat)%(4*max(1, k.Width)) != 0 {
			return fmt.Errorf("a saved state of %d features, the stream has %d", k.Width, width)
		}
		*g = gathered{run: k.Run, first: k.First, part: k.Part, over: k.Over, width: k.Width, lost: k.Lost, torn: k.Torn}
		for ; len(k.Flat) > 0; k.Flat = k.Flat[4:] {
			g.flat = append(g.flat, math.Float32frombits(binary.LittleEndian.Uint32(k.Flat)))
		}
	}
	return nil
}
