package config

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"crackle/detector/panel"
	"crackle/ingest/block"
)

func (r *report) stream(s *Stream, t keyPath) {
	if at := t.with("subject"); r.good(t[:1], t[1]) || r.written(at) { // else it follows from a name that is to be changed
		r.subject(s, at)
	}
	r.oneOf(t.with("encoding"), s.Encoding, "", "block", "raw", "json")
	r.oneOf(t.with("raw_type"), s.RawType, sampleTypes()...)
	if at := t.with("raw_scale"); s.RawScale == 0 || math.IsNaN(s.RawScale) || math.IsInf(s.RawScale, 0) {
		r.add(at, r.show(at, s.RawScale), "a finite number other than 0, in the channel's unit", "write the value of one step of the converter, or 1 when samples are in the unit already")
	}
	r.oneOf(t.with("transport"), s.Transport, "jetstream", "core")
	r.oneOf(t.with("start"), s.Start, StartResume, StartNew, StartAll)
	if s.Transport == "core" && s.Start == StartAll {
		r.add(t.with("start"), `"all" with transport = "core"`, `"resume" or "new" with core NATS, which keeps no messages`, `use transport = "jetstream", or start = "resume"`)
	}
	r.channels(s, t)
	if at := t.with("rate_hz"); s.RateHz == 0 && !r.written(at) {
		r.missing(at, "a finite number above 0 Hz", "set it to the rate at which the signal is sampled, per channel")
	} else {
		r.above(at, s.RateHz, 0, " Hz", "set it to the rate at which the signal is sampled, per channel")
	}
	r.count(t.with("decimate"), s.Decimate, 1, 4096, "set 1 to use every sample, or the whole number of samples that become one")
	if at := t.with("part_seconds"); s.PartSeconds != 0 {
		r.between(at, s.PartSeconds, 0.001, 31*dayS, " seconds, 0 for the publisher's parts", "write the length of a part in seconds, or take the key out")
		if r.good(t, "part_seconds", "rate_hz") && s.PartSeconds*s.RateHz < 1 {
			r.add(at, r.show(at, s.PartSeconds)+", less than a sample", fmt.Sprintf("%g seconds or more", 1/s.RateHz), "write it as several windows at least")
		}
	}
	if at := t.with("coverage"); !(s.Coverage > 0 && s.Coverage <= 1) {
		r.add(at, r.show(at, s.Coverage), "a share above 0 up to 1", "set 0.99, which is usual: a part of which less was scored is not assessed")
	}
	r.count(t.with("queue_blocks"), s.QueueBlocks, 1, 65536, "set 64, which is usual; more ride out a longer stall and take more memory")
	r.count(t.with("reorder_blocks"), s.ReorderBlocks, 1, 1024, "set 16, which is usual")
	r.above(t.with("no_data_s"), s.NoDataS, 0, " seconds", "set it to the longest silence that is still normal, several blocks long")
	r.oneOf(t.with("source"), s.Source, "live", "recording", "simulated")
	r.above(t.with("time_lapse"), s.TimeLapse, 0, "", "set 1 for real time, or 60 when a minute of the recording arrives in a second")
	r.filter(s, t.with("filter"))
	r.window(s, t.with("window"))
	r.driveIsLeft(s, t)
	r.defects(s, t.with("defects"), r.features(s, t.with("features")))
	r.network(&s.Network, t.with("network"))
	r.learn(s, t)
	r.alarm(&s.Alarm, t.with("alarm"))
	r.health(&s.Health, t.with("health"))
	if at := t.with("model_stream"); s.ModelStream != "" {
		r.name(at, s.ModelStream)
	}
	r.heads(s, t.with("heads"))
	r.master(&s.Master, t.with("master"))
}

func (r *report) health(h *Health, t keyPath) {
	r.between(t.with("flat_s"), h.FlatS, 0, yearS, " seconds, 0 for never", "set 10, which is usual; a channel that may stand still for long needs more, or 0")
	r.between(t.with("saturated_share"), h.SaturatedShare, 0, 1, "", "set 0.001, which is usual; with 0 one sample out of range is an alarm")
	r.between(t.with("rate_tolerance"), h.RateTolerance, 0, 0.5, ", 0 for any rate", "set 0.01, which is one per cent")
	r.between(t.with("behind_s"), h.BehindS, 0, yearS, " seconds, 0 for any", "set 10, which is usual")
	r.between(t.with("model_warranty_s"), h.ModelWarrantyS, 0, 100*yearS, " seconds, 0 for no end", "write the age after which the model is to be taught anew or checked; 90 days are 7776000")
	r.between(t.with("drift_per_year"), h.DriftPerYear, 0, 365, " false alarms a year, 0 for not looking", "set 0.1, which is one in ten years")
}

// sampleTypes names the types of a sample on the wire.
func sampleTypes() []string {
	var names []string
	for t := block.I16; t.Size() > 0; t++ {
		names = append(names, t.String())
	}
	return names
}

func (r *report) subject(s *Stream, at keyPath) {
	subject := s.Subject
	allowed, do := "a NATS subject: tokens joined by dots, without spaces, wildcards or $", "write the subject that the sensor publishes on, or \"\" for crackle.signal.NAME"
	bad := len(subject) > 200 || strings.HasPrefix(subject, "$") || strings.ContainsAny(subject, "*> \t\r\n")
	for token := range strings.SplitSeq(subject, ".") {
		bad = bad || token == ""
	}
	if bad {
		r.add(at, r.show(at, subject), allowed, do)
	} else if s.Transport == "jetstream" && !strings.HasPrefix(subject, block.SubjectPrefix) {
		r.add(at, r.show(at, subject)+` with transport = "jetstream"`, "a subject that starts with "+block.SubjectPrefix+", since those are kept", `publish under such a subject, or set transport = "core"`)
	}
}

const channelsMost = block.MaxChannels

func (r *report) channels(s *Stream, t keyPath) {
	at := t.with("channels")
	switch {
	case len(s.Channels) == 0:
		found := "nothing"
		if r.written(at) {
			found = "an empty list"
		}
		if !r.fragment {
			r.add(at, found, fmt.Sprintf("1 to %d names", channelsMost), `name each series of the stream in the order of its samples, as in ["current_a", "voltage_v"]`)
		}
	case len(s.Channels) > channelsMost:
		r.add(at, fmt.Sprintf("%d names", len(s.Channels)), fmt.Sprintf("1 to %d names", channelsMost), "split the stream")
	}
	for i, name := range s.Channels {
		if !channelName(name) {
			r.addItem(at, literal(name), "names of a-z, 0-9, _ and -", "rename the channel")
		}
		if slices.Contains(s.Channels[:i], name) {
			r.addItem(at, literal(name)+" twice", "names that differ", "rename one of them")
		}
	}
	if n := len(s.Units); n != 0 && n != len(s.Channels) && len(s.Channels) > 0 && !r.partial[at.id()] && r.good(t, "units") {
		r.add(t.with("units"), fmt.Sprintf("%d units for %d channels", n, len(s.Channels)), "one unit per channel, or none", `write them in the channels' order, as in ["A", "V"]`)
	}
}

func channelName(name string) bool {
	return nameToken.MatchString(name) && !strings.Contains(name, ".")
}

func (r *report) network(n *Network, t keyPath) {
	for i, name := range n.Without {
		switch at := t.with("without"); {
		case slices.Contains(n.Without[:i], name):
			r.addItem(at, literal(name)+" twice", "each member once", "take one of them out")
		case !slices.Contains(panel.Names(), name):
			r.addItem(at, literal(name), "members: "+strings.Join(panel.Names(), ", "), "correct it, or leave it out")
		case len(n.Without) >= len(panel.Names()) && i == 0:
			r.addItem(at, "every member", "at least one member left", "take one of them out of the list")
		}
	}
	r.count(t.with("hidden"), n.Hidden, 1, 1024, "set 16 to 64, which is usual")
	r.count(t.with("epochs"), n.Epochs, 1, 100000, "set 60, which is usual; training stops earlier when it no longer helps")
	if at := t.with("learning_rate"); !(n.LearningRate > 0 && n.LearningRate <= 1) {
		r.add(at, r.show(at, n.LearningRate), "above 0 to 1", "set 0.005, which is usual")
	}
	r.count(t.with("warmup_windows"), n.WarmupWindows, 1, 100000, "set 8, which is usual; so many windows of each part are not scored")
}

func (r *report) learn(s *Stream, t keyPath) {
	l := &s.Learn
	at := t.with("learn")
	r.atLeast(at.with("seconds"), l.Seconds, 0, " seconds", "write the time in seconds; an hour is 3600, and 0 is off")
	r.count(at.with("windows"), l.Windows, 0, 1<<30, "write how many, or 0 for off")
	r.count(at.with("parts"), l.Parts, 0, 1<<30, "write how many, or 0 for off")
	if !(l.HoldoutFraction > 0 && l.HoldoutFraction < 1) {
		r.add(at.with("holdout_fraction"), r.show(at.with("holdout_fraction"), l.HoldoutFraction), "above 0 and below 1", "set 0.2, which is usual; the limit is set on that share, which training does not see")
	}
	var set []string
	for _, k := range []struct {
		key string
		on  bool
	}{{"seconds", l.Seconds > 0}, {"windows", l.Windows > 0}, {"parts", l.Parts > 0}} {
		if k.on {
			set = append(set, k.key)
		}
	}
	if len(set) > 1 {
		r.add(at.with(set[1]), "also "+set[0], "one of seconds, windows and parts", "keep the one that says best how much normal production is to be learnt from")
	}
	if r.good(t, "model") {
		r.model(s, t.with("model"), len(set) > 0 || !r.good(at, "seconds", "windows", "parts"))
	}
}

// model checks where the model is kept. That the file is not there yet is no mistake, since `crackle train` is to make it.
func (r *report) model(s *Stream, at keyPath, learns bool) {
	if s.Model == "" {
		if !learns {
			r.missing(at, "a model file, or a [stream.NAME.learn] that is on", "set model to the file that `crackle train` makes, or learn.seconds, learn.windows or learn.parts to learn from the live signal")
		}
		return
	}
	switch info, err := os.Stat(s.Model); {
	case errors.Is(err, os.ErrNotExist):
		if !learns {
			r.warn(at, r.show(at, s.Model)+", which does not exist", "a model file", "make it with `crackle train`, or correct the path; until then the stream is not assessed")
		}
	case err != nil:
		r.add(at, r.show(at, s.Model)+", which cannot be read ("+reason(err)+")", "a model file", "let the user that crackle runs as read it")
	case !info.Mode().IsRegular():
		r.add(at, r.show(at, s.Model)+", which is not a file", "a model file", "write the path of the file itself")
	}
}

// windowsMost is the longest on-delay that package alert keeps track of, in windows.
const windowsMost = 1024

func (r *report) alarm(a *Alarm, t keyPath) {
	r.count(t.with("of_windows"), a.OfWindows, 1, windowsMost, "set 3, which is usual")
	if !r.good(t, "of_windows") {
		r.count(t.with("on_windows"), a.OnWindows, 1, windowsMost, "set 2, which is usual, and not more than of_windows")
	} else {
		r.count(t.with("on_windows"), a.OnWindows, 1, a.OfWindows, "lower it, or raise of_windows, which is "+strconv.Itoa(a.OfWindows)+": the alarm starts when on_windows of the last of_windows are above the limit")
	}
	r.count(t.with("off_windows"), a.OffWindows, 1, 1<<20, "set 3, which is usual")
	if at := t.with("hysteresis"); !(a.Hysteresis > 0 && a.Hysteresis <= 1) {
		r.add(at, r.show(at, a.Hysteresis), "above 0 to 1", "set 0.9, which is usual: the alarm ends when the score is below 0.9 of the limit")
	}
	r.between(t.with("limit_margin"), a.LimitMargin, 1, 1000, "", "set 1.25, which is usual: the limit is 1.25 times the highest score of normal production held out from training")
	r.budget(a, t)
	r.count(t.with("new_regime_windows"), a.NewRegime, 0, 1<<20, "set 600, which is usual, or 0 for a lasting change to stay an alarm")
	r.oneOf(t.with("severity"), a.Severity, Severities...)
}

// budget checks the keys that say how many false alarms are allowed.
func (r *report) budget(a *Alarm, t keyPath) {
	r.between(t.with("alarms_per_day"), a.PerDay, 0, 1e6, "", "write how many false alarms a day are allowed, as 0.2 for one in five days, or 0 for no budget")
	r.between(t.with("alarms_per_1000_parts"), a.PerParts, 0, 999, "", "write how many good parts in 1,000 may have an alarm, or 0 for no budget")
	if a.PerDay > 0 && a.PerParts > 0 {
		r.add(t.with("alarms_per_1000_parts"), r.show(t.with("alarms_per_1000_parts"), a.PerParts)+" beside alarms_per_day", "one of the two above 0", "keep the one that your process is counted by")
	}
	if a.Adaptive && !(a.PerDay > 0) && !(a.PerParts > 0) {
		r.add(t.with("adaptive_limit"), "true without a budget", "true with alarms_per_day or alarms_per_1000_parts above 0", "state the rate that the limit is to hold")
	}
}
