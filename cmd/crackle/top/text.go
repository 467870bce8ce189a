package top

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// plain takes out what a terminal would act on: names and comments come from anywhere.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// fit makes text exactly w cells wide; with right it stands at the right end.
func fit(text string, w int, right bool) string {
	if w <= 0 {
		return ""
	}
	text = runewidth.Truncate(plain(text), w, "…")
	if right {
		return runewidth.FillLeft(text, w)
	}
	return runewidth.FillRight(text, w)
}

// number is a value to four digits, a dash where there is none.
func number(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return "–"
	}
	if a := math.Abs(*v); a >= 1e5 || a != 0 && a < 1e-3 {
		return strconv.FormatFloat(*v, 'e', 2, 64)
	}
	return strconv.FormatFloat(*v, 'g', 4, 64)
}

// age is a time in the unit that says it in two or three digits.
func age(d time.Duration) string {
	switch s := max(0, d.Seconds()); {
	case s < 10:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 120:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	case s < 7200:
		return strconv.FormatFloat(s/60, 'f', 0, 64) + " min"
	case s < 2*86400:
		return strconv.FormatFloat(s/3600, 'f', 0, 64) + " h"
	default:
		return strconv.FormatFloat(s/86400, 'f', 0, 64) + " d"
	}
}

// amount is a count or a size with a prefix.
func amount(v float64, unit string) string {
	prefix := ""
	for _, p := range []string{"k", "M", "G", "T"} {
		if v < 1000 {
			break
		}
		v, prefix = v/1000, p
	}
	digits := 0
	if prefix != "" && v < 100 {
		digits = 1
	}
	return strings.TrimSpace(strconv.FormatFloat(v, 'f', digits, 64) + " " + prefix + unit)
}
