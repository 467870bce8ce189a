package config

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// slips are mistakes, each in a few keys of pairsBase, with the key that it is reported at.
var slips = []struct {
	at   string
	keys map[string]string
	// needs are keys without which it cannot be told: a slip there, or the one slip key=value, may hide this one.
	needs []string
}{
	{"server.listen", map[string]string{"server.listen": `"0.0.0.0"`}, nil},
	{"nats.url", map[string]string{"nats.url": `"x"`}, nil},
	{"nats.token", map[string]string{"nats.token": `"x"`}, []string{"nats.url"}},
	{"store.dir", map[string]string{"store.dir": `""`}, nil},
	{"log.level", map[string]string{"log.level": `"loud"`}, nil},
	{"stream.s.rate_hz", map[string]string{"stream.s.rate_hz": "0"}, nil},
	{"stream.s.rate_hz", map[string]string{"stream.s.rate_hz": `"fast"`}, nil},
	{"stream.s.channels", map[string]string{"stream.s.channels": `["A", "b"]`}, nil},
	{"stream.s.channels", map[string]string{"stream.s.channels": `3`}, nil},
	{"stream.s.units", map[string]string{"stream.s.units": `["A", "B", "C"]`}, []string{"stream.s.channels=3"}},
	{"stream.s.subject", map[string]string{"stream.s.subject": `"a b"`}, nil},
	{"stream.s.transport", map[string]string{"stream.s.transport": `"corr"`}, nil},
	{"stream.s.start", map[string]string{"stream.s.start": `"never"`}, nil},
	{"stream.s.model", map[string]string{"stream.s.model": `"testdata"`}, nil},
	{"stream.s.learn.parts", map[string]string{"stream.s.learn.parts": "2"}, []string{"stream.s.learn.windows"}},
	{"stream.s.learn.windows", map[string]string{"stream.s.learn.windows": "-2"}, nil},
	{"stream.s.learn.holdout_fraction", map[string]string{"stream.s.learn.holdout_fraction": "1"}, nil},
	{"stream.s.filter.kind", map[string]string{"stream.s.filter.kind": `"butter"`}, nil},
	{"stream.s.filter.type", map[string]string{"stream.s.filter.type": `"wide"`}, nil},
	{"stream.s.filter.order", map[string]string{"stream.s.filter.order": "99"}, nil},
	{"stream.s.filter.low_hz", map[string]string{"stream.s.filter.low_hz": "300"}, []string{"stream.s.filter.high_hz"}},
	{"stream.s.filter.high_hz", map[string]string{"stream.s.filter.high_hz": "500"}, []string{"stream.s.rate_hz"}},
	{"stream.s.filter.low_hz", map[string]string{"stream.s.filter.low_hz": "-1"}, nil},
	{"stream.s.filter.channels", map[string]string{"stream.s.filter.channels": `["z"]`}, []string{"stream.s.channels"}},
	{"stream.s.window.taper", map[string]string{"stream.s.window.taper": `"han"`}, nil},
	{"stream.s.window.length", map[string]string{"stream.s.window.length": "1"}, nil},
	{"stream.s.window.hop", map[string]string{"stream.s.window.hop": "-1"}, nil},
	{"stream.s.window.hop", map[string]string{"stream.s.window.hop": "500"}, []string{"stream.s.window.length", "stream.s.window.length_s"}},
	{"stream.s.window.length_s", map[string]string{"stream.s.window.length_s": "-1"}, nil},
	{"stream.s.features.list", map[string]string{"stream.s.features.list": `["rms", "kurtosis", "rmss"]`}, nil},
	{"stream.s.features.list", map[string]string{"stream.s.features.list": `["rms", "kurtosis", "crest("]`}, nil},
	{"stream.s.features.list", map[string]string{"stream.s.features.list": `["rms", "kurtosis", "z.crest"]`}, []string{"stream.s.channels"}},
	{"stream.s.features.list", map[string]string{"stream.s.features.list": `["rms", "kurtosis", "rms"]`}, nil},
	{"stream.s.features.min_change.foo", map[string]string{"stream.s.features.min_change.foo": "1"}, nil},
	{"stream.s.features.min_change.median", map[string]string{"stream.s.features.min_change.median": "1"}, nil},
	{"stream.s.features.min_change.rms", map[string]string{"stream.s.features.min_change.rms": "-1"}, nil},
	{"stream.s.defects.bridge", map[string]string{"stream.s.defects.bridge": `"line"`}, nil},
	{"stream.s.defects.beyond", map[string]string{"stream.s.defects.beyond": `"mask"`}, nil},
	{"stream.s.defects.saturation", map[string]string{"stream.s.defects.saturation": "[1, 2, 3]"}, []string{"stream.s.channels=3"}},
	{"stream.s.network.hidden", map[string]string{"stream.s.network.hidden": "0"}, nil},
	{"stream.s.alarm.on_windows", map[string]string{"stream.s.alarm.on_windows": "0"}, nil},
	{"stream.s.alarm.of_windows", map[string]string{"stream.s.alarm.of_windows": "0"}, nil},
	{"stream.c.rate_hz", map[string]string{"stream.c.rate_hz": "-1"}, nil},
	{"stream.c.features.list", map[string]string{"stream.c.features.list": `["band_power(1, 30000)"]`}, []string{"stream.c.window.cycle.nominal_hz", "stream.c.window.cycle.points", "stream.c.window.cycle.channel"}},
	{"stream.c.window.cycle.channel", map[string]string{"stream.c.window.cycle.channel": `"z"`}, nil},
	{"stream.c.window.cycle.channel", map[string]string{"stream.c.window.cycle.channel": `""`}, nil},
	{"stream.c.window.cycle.nominal_hz", map[string]string{"stream.c.window.cycle.nominal_hz": "-50"}, nil},
	{"stream.c.window.cycle.nominal_hz", map[string]string{"stream.c.window.cycle.nominal_hz": "20000"}, []string{"stream.c.rate_hz"}},
	{"stream.c.window.cycle.points", map[string]string{"stream.c.window.cycle.points": "0"}, nil},
	{"stream.c.window.cycle.tolerance", map[string]string{"stream.c.window.cycle.tolerance": "1"}, nil},
	{"stream.c.window.cycle.hold_off", map[string]string{"stream.c.window.cycle.hold_off": "-1"}, nil},
	{"stream.e.window.event.channel", map[string]string{"stream.e.window.event.channel": `"z"`}, nil},
	{"stream.e.window.event.threshold", map[string]string{"stream.e.window.event.threshold": "0"}, nil},
	{"stream.e.window.event.pre_trigger", map[string]string{"stream.e.window.event.pre_trigger": "100"}, []string{"stream.e.window.length"}},
	{"stream.e.window.event.dead_time", map[string]string{"stream.e.window.event.dead_time": "-1"}, nil},
	{"stream.e.window.length", map[string]string{"stream.e.window.length": "0"}, nil},
	{"stream.e.window.hop", map[string]string{"stream.e.window.hop": "3"}, nil},
	{"sink.w.kind", map[string]string{"sink.w.kind": `"web"`}, nil},
	{"sink.w.url", map[string]string{"sink.w.url": `"http://127.0.0.1"`}, nil},
	{"sink.w.streams", map[string]string{"sink.w.streams": `["nobody"]`}, nil},
	{"sink.w.queue", map[string]string{"sink.w.queue": "0"}, nil},
	{"sink.m.from", map[string]string{"sink.m.from": `"nobody"`}, nil},
	{"sink.m.encryption", map[string]string{"sink.m.encryption": `"none"`}, nil},
	{"sink.m.username", map[string]string{"sink.m.username": "3"}, nil},
	{"sink.m.to", map[string]string{"sink.m.to": `["a@example.com", "b"]`}, nil},
}

var pairsBase = map[string]string{
	"stream.s.channels": `["a", "b"]`, "stream.s.rate_hz": "1000", "stream.s.learn.windows": "10",
	"stream.s.features.list": `["rms", "kurtosis"]`, "stream.s.features.min_change.kurtosis": "1",
	"stream.s.filter.kind": `"butterworth"`, "stream.s.filter.low_hz": "50", "stream.s.filter.high_hz": "200", "stream.s.window.length": "100",
	"stream.c.channels": `["a"]`, "stream.c.rate_hz": "100000", "stream.c.learn.windows": "10", "stream.c.features.list": `["rms"]`,
	"stream.c.window.cycle.channel": `"a"`, "stream.c.window.cycle.nominal_hz": "50", "stream.c.window.cycle.points": "1000",
	"stream.e.channels": `["a"]`, "stream.e.rate_hz": "1000", "stream.e.learn.windows": "10", "stream.e.features.list": `["rms"]`,
	"stream.e.window.event.channel": `"a"`, "stream.e.window.event.threshold": "1", "stream.e.window.length": "100",
	"sink.w.kind": `"webhook"`, "sink.w.url": `"https://example.com"`,
	"sink.m.kind": `"email"`, "sink.m.host": `"mail.example.com"`, "sink.m.from": `"a@example.com"`, "sink.m.to": `["b@example.com"]`,
	"sink.m.username": `"u"`, "sink.m.password": `"p"`,
}

func pairsText(over ...map[string]string) string {
	keys := maps.Clone(pairsBase)
	for _, m := range over {
		maps.Copy(keys, m)
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		b.WriteString(k + " = " + keys[k] + "\n")
	}
	return b.String()
}

// Any two mistakes are both said, whichever they are, but for those that the other one leaves unknown; and nothing is said that is not there.
func TestNoMistakeHidesAnother(t *testing.T) {
	parse(t, pairsText())
	said := func(text string) []string {
		_, errs := examine([]byte(text), "p.toml")
		var out []string
		for _, e := range errs {
			out = append(out, e.Key)
		}
		return out
	}
	for i, a := range slips {
		if got := said(pairsText(a.keys)); !slices.Equal(got, []string{a.at}) {
			t.Errorf("%v alone is said at %v", a.keys, got)
		}
		for _, b := range slips[i+1:] {
			if a.at == b.at || slices.ContainsFunc(slices.Collect(maps.Keys(a.keys)), func(k string) bool { _, both := b.keys[k]; return both }) {
				continue
			}
			got := said(pairsText(a.keys, b.keys))
			for _, one := range [][2]int{{0, 1}, {1, 0}} {
				x, y := a, b
				if one[0] == 1 {
					x, y = b, a
				}
				excused := slices.ContainsFunc(x.needs, func(n string) bool { return n == y.at || n == y.at+"="+y.keys[y.at] })
				if !slices.Contains(got, x.at) && !excused {
					t.Errorf("%v hides %v; said at %v", y.keys, x.keys, got)
				}
			}
			if len(got) > 2 {
				t.Errorf("%v and %v are said at %v", a.keys, b.keys, got)
			}
		}
	}
}
