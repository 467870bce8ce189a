// Package rate changes and checks sampling rates: rational resampling, decimation of whole blocks, irregular time stamps onto a grid,
// and the nominal rate against the samples counted.
//
// Upstream: ingest/block, or a file reader.
// Downstream: window.
// Drops when: a [Grid] gets a row that is older than the last one, or not finite; it is counted.
package rate
