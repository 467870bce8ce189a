package alert

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// ID is the alarm id: the first 64 bits, in hexadecimal, of a SHA-256 over stream, run, onset sample index and kind. It depends on
// nothing else, so that live and replay agree.
func ID(stream string, run, onset uint64, kind Kind) string { return hash(stream, run, onset, kind, 0) }

// hash is ID with a counter for the second and later alarms of the same name (a publisher that repeats its run and index). Fields are
// length-prefixed so that no two sets of them spell the same bytes.
func hash(stream string, run, onset uint64, kind Kind, again uint64) string {
	b := make([]byte, 0, 64)
	b = binary.AppendUvarint(b, uint64(len(stream)))
	b = append(b, stream...)
	b = binary.LittleEndian.AppendUint64(b, run)
	b = binary.LittleEndian.AppendUint64(b, onset)
	b = binary.AppendUvarint(b, uint64(len(kind)))
	b = append(b, kind...)
	if again > 0 {
		b = binary.AppendUvarint(b, again)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
