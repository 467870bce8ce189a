package block

import (
	"errors"
	"fmt"
)

// Kind says what is wrong with a payload, so that faults can be counted by kind.
type Kind uint8

const (
	KindOther    Kind = iota // an error that did not come from this package
	KindMagic                // does not begin as a block does
	KindVersion              // a version of the wire that this program does not know
	KindType                 // a sample type that does not exist
	KindChannels             // no channel, or too many
	KindCount                // neither samples nor a part mark, or samples that do not fill their channels
	KindSize                 // shorter or longer than the header says, or above MaxPayload
	KindFlags                // a flag that this program does not know
	KindRun                  // run 0
	KindIndex                // the sample index would overflow
	KindRate                 // rate not finite or not above 0
	KindScale                // scale not finite, or 0
	KindText                 // part or lot too long, not UTF-8, or not printable
	KindValue                // a sample that the chosen type cannot hold (writing only)
	KindHeader               // a message header of the raw encoding that cannot be read
	KindSyntax               // not the JSON that the json encoding asks for

	Kinds = int(KindSyntax) + 1 // how many kinds there are
)

var kindNames = [Kinds]string{"other", "magic", "version", "type", "channels", "count", "size", "flags", "run", "index", "rate", "scale",
	"text", "value", "header", "syntax"}

// String is the kind's name in logs and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindOther]
}

// Error is a payload that is refused, or a block that cannot be written.
type Error struct {
	Kind Kind
	Text string // what was found and what is allowed
}

func (e *Error) Error() string { return "block: " + e.Text }

// KindOf is the kind of the first *Error in err's chain, and KindOther when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindOther
}

func fault(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}
