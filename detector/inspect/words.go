package inspect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// judge puts what was measured into words.
func (r *Report) judge(cfg *Config) {
	r.length(cfg)
	if r.Usable > 0 {
		r.constant()
		r.coverage()
		r.outliers()
		r.drifts()
		r.repeats()
		r.lots()
	}
	r.Teachable = true
	for _, f := range r.Findings {
		r.Teachable = r.Teachable && f.Level != Refusal
	}
}

func (r *Report) found(about string, level Level, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{about, level, fmt.Sprintf(format, args...)})
}

func (r *Report) length(cfg *Config) {
	switch {
	case r.Rows == 0 && cfg.Empty != "":
		r.found("length", Refusal, "%s", cfg.Empty)
	case r.Rows == 0:
		r.found("length", Refusal, "no window lies in this stretch: choose one in which the signal was there, or a longer one")
	case r.Usable == 0:
		r.found("length", Refusal, "none of %d windows can be learnt from: each lies near an alarm, or has missing, invalid or settling samples; choose a stretch of normal production, or judge its alarms", r.Rows)
	case r.Usable < cfg.Least:
		r.found("length", Refusal, "%d usable windows are too few: at least %d are needed: record more normal production, or take a longer stretch", r.Usable, cfg.Least)
	default:
		hours := r.To.Sub(r.From).Hours()
		text := fmt.Sprintf("%d usable windows over %s", r.Usable, duration(hours))
		if hours > 0 {
			text += fmt.Sprintf("; were none of it an alarm, that would show no more than that fewer than %s false alarms a day come (95 %%)", roughly(3*24/hours))
		}
		r.found("length", Good, "%s", text)
	}
}

// roughly writes three digits, without an exponent where people read it.
func roughly(v float64) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if rounded, err := strconv.ParseFloat(text, 64); err == nil && v >= 1000 && v < 1e9 {
		return strconv.FormatFloat(rounded, 'f', 0, 64)
	}
	return text
}

func duration(hours float64) string {
	switch {
	case hours < 1.0/60:
		return fmt.Sprintf("%.3g s", 3600*hours)
	case hours < 1:
		return fmt.Sprintf("%.3g min", 60*hours)
	case hours < 48:
		return fmt.Sprintf("%.3g h", hours)
	}
	return fmt.Sprintf("%.3g days", hours/24)
}

func (r *Report) coverage() {
	share := float64(r.Usable) / float64(r.Rows)
	switch {
	case share >= coverageGood:
		r.found("coverage", Good, "%.3g %% of the windows are usable", 100*share)
	case share >= coverageLeast:
		r.found("coverage", Notice, "%.3g %% of the windows are usable; the others lie near alarms, or miss samples", 100*share)
	default:
		r.found("coverage", Warning, "only %.3g %% of the windows are usable; the others lie near alarms, or miss samples: choose a quieter stretch, or mend the signal first", 100*share)
	}
}

func (r *Report) outliers() {
	worst := 0
	for j := range r.Features {
		if r.Features[j].Outliers > r.Features[worst].Outliers {
			worst = j
		}
	}
	share := float64(r.Outliers) / float64(r.Usable)
	switch {
	case r.Outliers == 0:
		r.found("outliers", Good, "no window lies more than %d spreads from the others", OutlierSpreads)
	case share <= outliersMany:
		r.found("outliers", Notice, "%s (%.2g %%) more than %d spreads from the others, most by %s", many(r.Outliers, "window"), 100*share, OutlierSpreads, r.Features[worst].Name)
	default:
		r.found("outliers", Warning, "%s (%.2g %%) more than %d spreads from the others, most by %s: look whether they are faults, mark their alarms bad, or choose another stretch",
			many(r.Outliers, "window"), 100*share, OutlierSpreads, r.Features[worst].Name)
	}
}

func (r *Report) drifts() {
	var worst *Feature
	n := 0
	for j := range r.Features {
		f := &r.Features[j]
		if math.Abs(f.Drift) < driftMuch {
			continue
		}
		n++
		if worst == nil || math.Abs(f.Drift) > math.Abs(worst.Drift) {
			worst = f
		}
	}
	if worst == nil {
		r.found("drift", Good, "no number drifts by more than %g times its short-term spread", driftMuch)
		return
	}
	way := "rises"
	if worst.Drift < 0 {
		way = "falls"
	}
	r.found("drift", Warning, "%s of %d drift over the stretch; %s %s most, by %.3g times its short-term spread: if that is normal take a stretch that covers the whole of it, else find out why",
		many(n, "number"), len(r.Features), worst.Name, way, math.Abs(worst.Drift))
}

func (r *Report) repeats() {
	if r.Duplicates == 0 {
		r.found("duplicates", Good, "no window comes twice")
		return
	}
	level := Notice
	if float64(r.Duplicates) > outliersMany*float64(r.Usable) {
		level = Warning
	}
	r.found("duplicates", level, "earlier windows come again to the bit, %s: the same recording seems to have been played more than once; it counts as one, and proves no more", many(r.Duplicates, "time"))
}

func (r *Report) constant() {
	var flat []string
	for j := range r.Features {
		if r.Features[j].Constant {
			flat = append(flat, r.Features[j].Name)
		}
	}
	switch {
	case len(flat) == 0:
	case len(flat) == len(r.Features):
		r.found("constant", Refusal, "every number stands still over the whole stretch: the sensor is dead, unplugged or not powered; mend it, or choose a stretch of production")
	default:
		const most = 4
		shown := flat[:min(most, len(flat))]
		r.found("constant", Warning, "%s of %d stand still over the whole stretch (%s): nothing is learnt of them; look at the sensor, or leave them out of features.list",
			many(len(flat), "number"), len(r.Features), strings.Join(shown, ", "))
	}
}

func (r *Report) lots() {
	switch {
	case r.LotCount == 0 && r.PartCount == 0:
		r.found("lots", Notice, "the signal names no lots and no parts: how much good ones differ cannot be told, and the limit is provisional")
	case r.LotCount == 0:
		r.found("lots", Notice, "%s and no lots: how much good lots differ cannot be told", many(r.PartCount, "part"))
	case r.LotCount < fewLots:
		r.found("lots", Warning, "%s with %s: %d lots prove no better than one bad call in %d lots; %d lots or more are needed for a limit that holds on new ones",
			many(r.LotCount, "lot"), many(r.PartCount, "part"), r.LotCount, r.LotCount+1, fewLots)
	default:
		r.found("lots", Good, "%s with %s", many(r.LotCount, "lot"), many(r.PartCount, "part"))
	}
}

// many counts things whose name takes an s.
func many(n int, name string) string {
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
