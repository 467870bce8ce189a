package block

import (
	"fmt"
	"strings"
)

const (
	// SubjectPrefix goes before a stream's name to make its subject.
	SubjectPrefix = "crackle.signal."
	// SubjectAll matches every stream's subject.
	SubjectAll = SubjectPrefix + ">"
	// StoreName is the JetStream stream that keeps the signals.
	StoreName = "CRACKLE_SIGNAL"

	maxStreamName = 200 // bytes; keeps subjects, keys and file names well inside their limits
)

// CheckStream says whether name may name a stream: one or more tokens of [a-z0-9_-] joined by dots, at most 200 bytes.
func CheckStream(name string) error {
	if name == "" {
		return fmt.Errorf("stream name is empty; use tokens of a-z, 0-9, _ and - joined by dots, such as grinder.mbn")
	}
	if len(name) > maxStreamName {
		return fmt.Errorf("stream name of %d bytes; at most %d", len(name), maxStreamName)
	}
	for token := range strings.SplitSeq(name, ".") {
		if token == "" {
			return fmt.Errorf("stream name %q has an empty token; write single dots, none at either end", name)
		}
		for _, r := range token {
			if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-') {
				return fmt.Errorf("stream name %q holds %q; allowed are a-z, 0-9, _ and -, in tokens joined by dots", name, r)
			}
		}
	}
	return nil
}

// Subject is the subject on which a stream's blocks travel. It fails when name is not a stream name.
func Subject(name string) (string, error) {
	if err := CheckStream(name); err != nil {
		return "", err
	}
	return SubjectPrefix + name, nil
}

// StreamOf is the stream that a subject belongs to, and false when it is no stream's.
func StreamOf(subject string) (string, bool) {
	name, ok := strings.CutPrefix(subject, SubjectPrefix)
	return name, ok && CheckStream(name) == nil
}
