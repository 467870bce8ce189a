// Package file reads recordings from disk, for replay, training and scoring alike.
//
// Upstream: a file, compressed with gzip or not.
// Downstream: whoever takes block.Block: a publisher, a trainer, a scorer.
// Drops when: never; a reader is pulled. Cells that hold no number are refused by line and column, or counted as missing when the options say so.
//
// There is one file per format behind one interface, Reader. Today's format is delimited text (CSV): what is plainly visible is found by looking at
// the head of the file (separator, decimal comma, preamble, header, units, time column, rate), can be said in Options instead, and is told by Reader.Info.
// Files are read as streams and may be larger than memory. Reading allocates nothing per block once warm.
package file
