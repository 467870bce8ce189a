package limit

import (
	"encoding/binary"
	"fmt"
	"math"
)

// EpisodeBytes is the size of an episode's state: one byte of state, height, calm and still.
const EpisodeBytes = 1 + 3*8

// AppendBinary appends where the episode stands to b.
func (e *Episode) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, byte(e.state))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(e.height))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.calm))
	return binary.LittleEndian.AppendUint64(b, uint64(e.still)), nil
}

// UnmarshalBinary takes what AppendBinary wrote. On an error the episode is as it was.
func (e *Episode) UnmarshalBinary(b []byte) error {
	if len(b) != EpisodeBytes || b[0] > byte(NewRegime) {
		return fmt.Errorf("an episode's state has %d bytes, a known one has %d: start it fresh", len(b), EpisodeBytes)
	}
	height := math.Float64frombits(binary.LittleEndian.Uint64(b[1:]))
	calm, still := binary.LittleEndian.Uint64(b[9:]), binary.LittleEndian.Uint64(b[17:])
	if math.IsNaN(height) || calm > math.MaxInt32 || still > math.MaxInt32 {
		return fmt.Errorf("an episode's state has height %v, %d half rows and %d rows: start it fresh", height, calm, still)
	}
	e.state, e.height, e.calm, e.still = State(b[0]), height, int(calm), int(still)
	return nil
}
