package block

// Flags qualify a whole block.
type Flags uint16

const (
	PartBegin  Flags = 1 << iota // the block's first sample is the first of its part
	PartEnd                      // the block's last sample is the last of its part
	Simulated                    // the samples come from a simulation, and every screen must say so
	TimeLapsed                   // the samples arrive faster than they were recorded
	Recorded                     // the samples are a recording that is being replayed

	knownFlags = PartBegin | PartEnd | Simulated | TimeLapsed | Recorded
)

// Limits of the wire.
const (
	MaxPayload  = 512 << 10 // bytes of one message
	MaxChannels = 64
	MaxText     = 128 // bytes of a part or a lot
)

// Block holds consecutive samples of one stream as they arrived in one message.
//
// Samples are interleaved: sample i of channel c is Samples[i*Channels+c], already multiplied by the wire's scale, in SI units.
// A block without samples is a part mark: it carries PartBegin or PartEnd at index First.
type Block struct {
	Run      uint64  // random number drawn by the publisher when it started; counters restart, runs do not repeat
	Seq      uint64  // the publisher's block counter within Run
	First    uint64  // index of the first sample, per channel, counted from the start of Run
	TimeNS   int64   // wall time of the first sample, ns since 1970 UTC; an annotation, never the clock
	RateHz   float64 // samples per second and channel
	Flags    Flags
	Channels int
	Part     string
	Lot      string
	Samples  []float32 // len = Channels * Count()

	// StoreSeq and StoreNS are not on the wire; the receiver sets them. They name a message of the signal store, its sequence and the time
	// at which it was stored (ns since 1970 UTC): once this block is dealt with, so is everything up to that message, and a checkpoint
	// may start again after it. Both are 0 when the block did not come from a store.
	StoreSeq uint64
	StoreNS  int64
}

// Count is the number of samples per channel.
func (b *Block) Count() int {
	if b.Channels == 0 {
		return 0
	}
	return len(b.Samples) / b.Channels
}

// End is the index one past the last sample, per channel.
func (b *Block) End() uint64 { return b.First + uint64(b.Count()) }
