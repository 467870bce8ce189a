// Package window turns the blocks of one stream into the windows that a detector scores.
//
// Upstream: ingest, which delivers the blocks of a stream in order.
// Downstream: detector; the dashboard, by way of [Envelope].
// Drops when: a block has another rate or channel count (refused with an error), or samples were seen before; both are counted.
//
// A [Conditioner] does the whole path from block to feature vector in one call, [Conditioner.Push]: it looks for gaps, for samples
// that are not finite and for saturated ones, bridges them when they are few, filters, cuts windows and measures features. The
// result depends only on the samples and their indexes: cutting a stream into other blocks gives the same windows to the bit.
//
// # Windows and parts
//
// Windows lie on a grid: the first starts at the first sample of the run, or of the part when Config.ResetAtPart is set, and each
// next one Hop samples on. A break in the signal does not move the grid. With ResetAtPart no window spans two parts; samples
// left over at the end of a part are dropped.
//
// The end of a part is told by a closing window: PartEnd is set, First equals End, and Features is empty. It comes after the last
// window of the part, also when the part had none, as soon as the end is known: with a block flagged PartEnd, with a part mark, with
// the first block of another part or run, or with [Conditioner.End]. PartEnd is set on no other window.
//
// With Config.Cycle windows are excitation cycles, resampled against the drive's phase or field; with Config.Event they begin at
// bursts. In both, a part boundary and a break start the search anew, and a window in progress at the end of a part is dropped.
//
// # Defects
//
// Bad samples (missing, NaN, infinite or beyond 1e30 in magnitude, saturated) never enter the filter. A stretch of at most
// MaxBridge rows between two good ones is filled in (Config.BridgeBy) and marks the windows it touches as Bridged, nothing else: such
// a window may be scored. A longer stretch, or one without a good row of the same part before it, is a break: the windows it
// touches carry Gap, Invalid or Saturated and hold the last good output in its place; the filter starts anew after it, and
// windows within its settling time carry Settling, as they do at the start of a run and, with ResetAtPart, of a part. Fresh is set on
// the first window of a run or (with ResetAtPart) of a part, on every window that a break touches, and on the first one after it.
// Windows that lie wholly in a break are not sent, nor are cycles that it touches. With Config.Bad set to BadMask the last good
// row is repeated instead of breaking off, and the feature valid_share tells the network how much of a window was measured.
package window
