// Package block is the wire: what a publisher sends on a stream's subject and what the monitor makes of it.
//
// [Block] is the value that travels. [Append] and [Decode] are its binary codec, the encoding called "block": one message is complete in
// itself and needs no header of the transport, so that it may come over MQTT or out of a file as well. All numbers are little-endian.
//
//	offset  size  field
//	     0     4  magic "CRKB"
//	     4     1  version, 1
//	     5     1  sample type: 1 i16, 2 i24, 3 i32, 4 f32, 5 f64
//	     6     2  channels, 1 to 64
//	     8     4  count, samples per channel; 0 makes the block a part mark
//	    12     2  flags, see [Flags]
//	    14     1  length of the part in bytes, 0 to 128
//	    15     1  length of the lot in bytes, 0 to 128
//	    16     8  run, a random number other than 0 that the publisher draws when it starts
//	    24     8  sequence, the publisher's block counter within the run
//	    32     8  index of the first sample per channel, counted from the start of the run
//	    40     8  wall time of the first sample, ns since 1970 UTC, signed
//	    48     8  rate, samples per second and channel, f64
//	    56     8  scale, f64: a sample's value in SI units is the number on the wire times the scale
//	    64     -  samples, interleaved by channel
//	     -     -  part, then lot: printable UTF-8
//
// A message is at most [MaxPayload] bytes. The package imports nothing of ours, so that whoever needs a Block does not pull in a server.
package block
