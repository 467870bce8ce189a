package api

import (
	"strings"
	"testing"
)

// Characters that turn the reading direction of others are refused in names and comments; the marks that some languages need are let be in comments.
func TestTurningCharacters(t *testing.T) {
	for _, c := range []struct {
		text          string
		name, comment bool // let be
	}{
		{"Ann", true, true}, {"Ann\u202egnp.exe", false, false}, {"\u2066Ann", false, false}, {"שלום\u200f Ann", false, true}, {"می\u200cخواهم", true, true}, {"a\x00b", false, false}, {"a\u2069", false, false},
	} {
		name, text := c.text, c.text
		if err := line("by", &name); (err == nil) != c.name {
			t.Errorf("name %q: %v", c.text, err)
		}
		err := comment(&text)
		if (err == nil) != c.comment {
			t.Errorf("comment %q: %v", c.text, err)
		}
		if err != nil && !strings.Contains(err.Error(), "at byte") {
			t.Errorf("comment %q: %v does not say where", c.text, err)
		}
	}
}
