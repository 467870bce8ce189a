package notify

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the zones, on machines that have none
)

// Hours are the times of a week at which a sink is to be told, in a zone that is named.
type Hours struct {
	zone  *time.Location
	spans []span
}

// span is a stretch of minutes from midnight on some days; one that ends before it begins ends on the next day.
type span struct {
	days     [7]bool // by time.Weekday
	from, to int
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHours reads times such as "mon-fri 06:00-22:00", "sat,sun 08:00-12:00", "22:00-06:00" (every day, into the next one), in a zone of the IANA
// database such as "Europe/Berlin", or "UTC". No times are all times; then the zone may be empty.
func ParseHours(texts []string, zone string) (*Hours, error) {
	h := &Hours{zone: time.UTC}
	if len(texts) == 0 && zone == "" {
		return h, nil
	}
	var err error
	if zone == "" || zone == "Local" { // what a machine's own zone is changes with the machine
		return nil, fmt.Errorf("zone %q; name one of the IANA database, such as \"Europe/Berlin\", or \"UTC\"", zone)
	}
	if h.zone, err = time.LoadLocation(zone); err != nil {
		return nil, fmt.Errorf("zone %q is not known; name one of the IANA database, such as \"Europe/Berlin\", or \"UTC\"", zone)
	}
	for _, text := range texts {
		s, err := parseSpan(strings.ToLower(strings.TrimSpace(text)))
		if err != nil {
			return nil, fmt.Errorf("%q: %w; write \"mon-fri 06:00-22:00\", \"sat,sun 08:00-12:00\" or \"22:00-06:00\"", text, err)
		}
		h.spans = append(h.spans, s)
	}
	return h, nil
}

func parseSpan(text string) (s span, err error) {
	days, hours, both := strings.Cut(text, " ")
	if !both {
		days, hours = "sun-sat", text
	}
	for part := range strings.SplitSeq(days, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, to := dayOf(first), dayOf(last)
		if !isRange {
			to = from
		}
		if from < 0 || to < 0 {
			return s, fmt.Errorf("the days %q", days)
		}
		for d := from; ; d = (d + 1) % 7 {
			s.days[d] = true
			if d == to {
				break
			}
		}
	}
	from, to, ok := strings.Cut(strings.TrimSpace(hours), "-")
	if s.from, err = minutes(from); err == nil && ok {
		s.to, err = minutes(to)
	}
	if err != nil || !ok || s.from == s.to || s.from == 24*60 {
		return s, fmt.Errorf("the hours %q", hours)
	}
	return s, nil
}

func dayOf(name string) int {
	for i, d := range dayNames {
		if d == name {
			return i
		}
	}
	return -1
}

// minutes reads 00:00 to 24:00.
func minutes(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

// Next is the first minute from t on at which a sink is to be told; the zero time when there is none.
func (h *Hours) Next(t time.Time) time.Time {
	if h.At(t) {
		return t
	}
	const week = 8 * 24 * time.Hour // and a day, for one on which clocks are changed
	for m := t.Truncate(time.Minute).Add(time.Minute); m.Sub(t) < week; m = m.Add(time.Minute) {
		if h.At(m) {
			return m
		}
	}
	return time.Time{}
}

// At reports whether a sink is to be told at t. On the days on which clocks are changed the clock on the wall counts.
func (h *Hours) At(t time.Time) bool {
	if len(h.spans) == 0 {
		return true
	}
	local := t.In(h.zone)
	day, minute := int(local.Weekday()), local.Hour()*60+local.Minute()
	for _, s := range h.spans {
		switch {
		case s.from < s.to:
			if s.days[day] && minute >= s.from && minute < s.to {
				return true
			}
		case s.days[day] && minute >= s.from, s.days[(day+6)%7] && minute < s.to:
			return true
		}
	}
	return false
}
