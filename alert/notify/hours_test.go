package notify

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHours(t *testing.T) {
	for _, c := range []struct {
		hours []string
		zone  string
		yes   string // RFC 3339, separated by blanks
		no    string
	}{
		{nil, "", "2026-03-01T03:00:00Z", ""},
		{[]string{"mon-fri 06:00-22:00"}, "Europe/Berlin", "2026-03-02T05:00:00Z 2026-03-06T20:59:59Z 2026-07-06T04:00:00Z", "2026-03-02T04:59:59Z 2026-03-06T21:00:00Z 2026-03-01T12:00:00Z 2026-07-06T03:59:00Z"},
		{[]string{"sat,sun 08:00-12:00", "wed 00:00-24:00"}, "UTC", "2026-02-28T08:00:00Z 2026-03-04T00:00:00Z 2026-03-04T23:59:59Z", "2026-02-28T12:00:00Z 2026-03-05T00:00:00Z 2026-03-03T09:00:00Z"},
		{[]string{"fri 22:00-06:00"}, "America/New_York", "2026-03-07T03:00:00Z 2026-03-07T10:59:00Z", "2026-03-07T11:00:00Z 2026-03-08T04:00:00Z 2026-03-06T10:00:00Z"},
		{[]string{"sat-mon 10:00-11:00"}, "UTC", "2026-02-28T10:30:00Z 2026-03-01T10:30:00Z 2026-03-02T10:30:00Z", "2026-03-03T10:30:00Z 2026-02-27T10:30:00Z"},
		{[]string{"22:00-06:00"}, "UTC", "2026-03-01T23:00:00Z 2026-03-02T05:00:00Z", "2026-03-02T06:00:00Z 2026-03-02T21:59:00Z"},
		// 02:30 does not exist on the wall on 29 March, and comes twice on 25 October.
		{[]string{"02:00-03:00"}, "Europe/Berlin", "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z", "2026-03-29T00:30:00Z 2026-03-29T01:30:00Z"},
	} {
		h, err := ParseHours(c.hours, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		for want, list := range map[bool]string{true: c.yes, false: c.no} {
			for text := range strings.FieldsSeq(list) {
				at, err := time.Parse(time.RFC3339, text)
				if err != nil {
					t.Fatal(err)
				}
				if h.At(at) != want {
					t.Errorf("%q %s: %s is %v", c.hours, c.zone, text, !want)
				}
			}
		}
	}
	for _, bad := range [][2]string{{"mon-fri 06:00-22:00", ""}, {"06:00-07:00", "Local"}, {"06:00-07:00", "Mars/Olympus"}, {"mon-fry 06:00-07:00", "UTC"}, {"06:00", "UTC"}, {"25:00-26:00", "UTC"},
		{"06:00-06:00", "UTC"}, {"", "UTC"}, {"24:00-06:00", "UTC"}, {"mon 6-7", "UTC"}} {
		if _, err := ParseHours([]string{bad[0]}, bad[1]); err == nil {
			t.Errorf("%q in %q was taken", bad[0], bad[1])
		}
	}
}

// Of a span and the one from its end to its beginning, one holds at any time.
func TestHoursComplement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := func(m int) string { return time.Unix(int64(m)*60, 0).UTC().Format("15:04") }
		a := rapid.IntRange(0, 1439).Draw(t, "from")
		b := rapid.IntRange(0, 1439).Filter(func(b int) bool { return b != a }).Draw(t, "to")
		one, err := ParseHours([]string{clock(a) + "-" + clock(b)}, "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		other, err := ParseHours([]string{clock(b) + "-" + clock(a)}, "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0)
		if one.At(at) == other.At(at) {
			t.Errorf("%s: both %v", at, one.At(at))
		}
	})
}
