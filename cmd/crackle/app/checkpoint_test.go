package app

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"crackle/alert"
)

// A checkpoint comes back as it was, in one message or in pieces.
func TestCheckpointComesBack(t *testing.T) {
	for _, size := range []int{0, 1, 1000, pieceMost, 3*pieceMost + 7} {
		c := &checkpoint{Owner: "me", Model: "m", Slot: 1, state: make([]byte, size)}
		c.setPlace(place{1, 2, 1 << 63, 4})
		for i := range c.state {
			c.state[i] = byte(rand.Uint32()) // cannot be packed
		}
		b, rest, err := c.encode()
		if err != nil || len(b) > pieceMost+1000 {
			t.Fatalf("%d bytes: %d in one message, %v", size, len(b), err)
		}
		pieces := 0
		piece := func(slot, i int) ([]byte, error) {
			pieces++
			return rest[i*pieceMost : min((i+1)*pieceMost, len(rest))], nil
		}
		got, err := readCheckpoint("s", b, piece)
		if err != nil || got.place() != c.place() || string(got.state) != string(c.state) || got.Owner != "me" || pieces != c.Pieces {
			t.Errorf("%d bytes came back as %d in %d pieces, %v", size, len(got.state), pieces, err)
		}
		if len(rest) == 0 {
			continue
		}
		if _, err := readCheckpoint("s", b, func(slot, i int) ([]byte, error) { return []byte("other"), nil }); err == nil || !strings.Contains(err.Error(), "do not fit together") {
			t.Errorf("pieces of another state: %v", err)
		}
	}
}

func TestCheckpointRefused(t *testing.T) {
	none := func(slot, i int) ([]byte, error) { return nil, errors.New("gone") }
	for text, want := range map[string]string{
		"":                                "cannot be read",
		"{}":                              "cannot be read",
		"{}\nx":                           "cannot be read",
		`{"version":2}` + "\n":            `it is of version 2`,
		`{"version":1,"pieces":1}\n`:      "cannot be read",
		`{"version":1,"pieces":1}` + "\n": "gone",
	} {
		if _, err := readCheckpoint("s", []byte(text), none); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := readMachine([]byte("x")); err == nil {
		t.Error("a damaged state of the alarms is read")
	}
	b, err := encodeMachine(alert.Checkpoint{Version: 2, Events: 7, History: []alert.Alarm{{ID: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := readMachine(b); err != nil || c.Events != 7 || c.History != nil {
		t.Errorf("%+v, %v", c, err)
	}
}
