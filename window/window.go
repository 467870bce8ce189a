package window

import "crackle/ingest/block"

// Defect says what is wrong with the samples under a window; bits add up.
type Defect uint16

const (
	Gap       Defect = 1 << iota // samples are missing, too many to bridge
	Invalid                      // NaN, infinite or beyond 1e30, too many to bridge
	Saturated                    // at or beyond the channel's range, too many to bridge
	Bridged                      // filled in from the neighbours; a window with this defect alone may be scored
	Settling                     // the filter has not settled since it started anew
)

// Window is one stretch of a stream, conditioned and reduced to its feature vector: what a detector scores.
type Window struct {
	Run      uint64
	First    uint64 // index of the first sample, per channel, since the start of Run
	End      uint64 // one past the last sample
	TimeNS   int64  // wall time of sample End-1 by the publisher's annotation, ns since 1970 UTC
	Part     string
	Lot      string
	Flags    block.Flags // of the blocks that the window touches
	Fresh    bool        // recurrent state starts anew before this window: new part, new run, or a break in the signal
	PartEnd  bool        // a closing window: no further one of this part will come; First equals End, and Features is empty
	Defects  Defect
	Features []float32 // in the order of the configured feature list; owned by the sender, valid until emit returns
}
