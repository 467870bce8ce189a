package ledger

import (
	"cmp"
	"slices"
	"time"

	"crackle/detector"
)

// Lot sums up the parts of one lot on one stream.
type Lot struct {
	Stream string    `json:"stream"`
	Lot    string    `json:"lot"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`

	Parts       int     `json:"parts"`
	OK          int     `json:"ok"`
	Alarm       int     `json:"alarm"`
	NotAssessed int     `json:"not_assessed"`
	Samples     Samples `json:"samples"`

	Verdict detector.Verdict `json:"verdict"` // of the whole: alarm when a part has one, else not assessed when a part is not, else ok
	Reasons []Count          `json:"reasons"` // of its parts, the most frequent first
}

// Count is a reason and the number of parts that have it.
type Count struct {
	Reason string `json:"reason"`
	Parts  int    `json:"parts"`
}

// Lots sums up parts, lot by lot and stream by stream, in the order in which each lot began.
func Lots(parts []Part) []Lot {
	type key struct{ stream, lot string }
	at := map[key]int{}
	lots := []Lot{}
	for i := range parts {
		p := &parts[i]
		k := key{p.Stream, p.Lot}
		n, known := at[k]
		if !known {
			n = len(lots)
			at[k] = n
			lots = append(lots, Lot{Stream: p.Stream, Lot: p.Lot, From: p.From, To: p.To, Reasons: []Count{}})
		}
		lots[n].add(p)
	}
	for i := range lots {
		lots[i].judge()
	}
	slices.SortStableFunc(lots, func(a, b Lot) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Stream, b.Stream)) })
	return lots
}

func (l *Lot) add(p *Part) {
	if p.From.Before(l.From) {
		l.From = p.From
	}
	if p.To.After(l.To) {
		l.To = p.To
	}
	l.Parts++
	switch p.Verdict {
	case detector.OK:
		l.OK++
	case detector.Alarm:
		l.Alarm++
	default:
		l.NotAssessed++
	}
	l.Samples.Add(&p.Samples)
	for _, why := range p.Reasons {
		i := slices.IndexFunc(l.Reasons, func(c Count) bool { return c.Reason == why })
		if i < 0 {
			i = len(l.Reasons)
			l.Reasons = append(l.Reasons, Count{Reason: why})
		}
		l.Reasons[i].Parts++
	}
}

func (l *Lot) judge() {
	switch {
	case l.Alarm > 0:
		l.Verdict = detector.Alarm
	case l.NotAssessed > 0 || l.Parts == 0:
		l.Verdict = detector.NotAssessed
	default:
		l.Verdict = detector.OK
	}
	slices.SortStableFunc(l.Reasons, func(a, b Count) int { return cmp.Compare(b.Parts, a.Parts) })
}
