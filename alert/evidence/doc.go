// Package evidence keeps the pack of an alarm: the raw signal from before its onset to after it, the conditioned signal, features, scores and
// causes, what the ledger knew, the model and configuration by hash, and the state from which it all can be scored again to the bit.
//
//	Upstream: ingest (Block values), detector (Score values), alert (Alarm values)
//	Downstream: the object store CRACKLE_EVIDENCE, one object per alarm under its id
//	Drops when: more captures are under way than Config.Pending, or the store is away and the keeper's queue is full; both are counted
//
// A Recorder belongs to one stream. It remembers the newest seconds of the signal in a ring of fixed size and allocates nothing per block once
// warm; on an alarm it waits for the seconds after the onset and then makes a Pack. A Keeper stores packs, the oldest making room by age and
// size, because the store itself would refuse new ones. Verify scores a pack again.
//
// # Format
//
// A pack is one file, little-endian:
//
//	8 bytes   magic, "CRKLEVD1"
//	4 bytes   length of the header, uint32
//	header    JSON: everything but the long rows, and the lengths in bytes of the four sections
//	section   raw samples, float32, channels interleaved, the segments of the header one after the other
//	section   conditioned samples, likewise
//	section   features, float32, one row per window of the header
//	section   state, bytes that the scorer understands
//	32 bytes  SHA-256 of all before
//
// Numbers in the header that JSON cannot write stand as the strings "NaN", "+Inf" and "-Inf".
package evidence
