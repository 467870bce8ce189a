package evidence

import (
	"crypto/sha256"
	"testing"
)

// FuzzDecode gives Decode anything, with a check sum that fits, so that what lies behind it is reached.
func FuzzDecode(f *testing.F) {
	b, err := Encode(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:len(b)-sha256.Size])
	f.Add([]byte(magic + "\x02\x00\x00\x00{}"))
	f.Add([]byte(magic + "\xff\xff\xff\xff"))
	f.Add([]byte(magic + "\x3b\x00\x00\x00" + `{"pack":{"version":1,"alarm":{"id":"x","run":"0"}},"sections":[9223372036854775804,8,0,0]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		p, err := Decode(append(body[:len(body):len(body)], sum[:]...))
		if err != nil {
			return
		}
		again, err := Encode(p)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
