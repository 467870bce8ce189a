package api

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever is sent, what is accepted can be shown and stored: bounded, valid, without control characters but line ends and tabs.
func FuzzDecodeRemark(f *testing.F) {
	for _, seed := range []string{`{"by":"Ann","comment":"a\r\nb"}`, `{"by":""}`, `[]`, `{"by":"x"}{}`, `{"by":"\u0000"}`, `{"by":"<img src=x>","comment":"<!channel>"}`, "\xff", `{"by":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var a Remark
		if err := decode(body, &a); err != nil {
			return
		}
		if n := utf8.RuneCountInString(a.By); n > nameLimit || utf8.RuneCountInString(a.Comment) > commentLimit {
			t.Fatalf("accepted %d characters of name and %d of comment", n, utf8.RuneCountInString(a.Comment))
		}
		bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
		if !utf8.ValidString(a.By+a.Comment) || strings.ContainsFunc(a.By, unicode.IsControl) || strings.ContainsFunc(a.Comment, bad) {
			t.Fatalf("accepted %q, %q", a.By, a.Comment)
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b Remark
		if err := decode(again, &b); err != nil || b != a {
			t.Fatalf("%q, sent again, became %q, %v", a, b, err)
		}
	})
}
