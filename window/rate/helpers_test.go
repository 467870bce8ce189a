package rate_test

import (
	"strconv"
	"strings"
)

func itoa(v uint64) string { return strconv.FormatUint(v, 10) }

// sameStretch tells whether a span such as "A 0..5" goes on with "A 5..9".
func sameStretch(a, b string) bool {
	head, from, _ := cutSpan(b)
	prev, _, to := cutSpan(a)
	return strings.TrimSuffix(prev, " begin") == head && to == from && !strings.Contains(a, " end") && from != "0"
}

func merge(a, b string) string {
	head, from, _ := cutSpan(a)
	_, _, to := cutSpan(b)
	return head + " " + from + ".." + to
}

func cutSpan(s string) (head, from, to string) {
	i := strings.LastIndexByte(s, ' ')
	from, to, _ = strings.Cut(s[i+1:], "..")
	return s[:i], from, to
}
