package file

import (
	"bytes"
	"strings"
)

// timeUnits in seconds.
var timeUnits = map[string]float64{
	"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
	"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "microseconds": 1e-6, "ns": 1e-9, "nanoseconds": 1e-9,
	"min": 60, "minutes": 60, "h": 3600, "hours": 3600, "d": 86400, "days": 86400,
}

// otherUnits are those that a line of units may hold besides.
var otherUnits = func() map[string]bool {
	m := map[string]bool{}
	for u := range strings.FieldsSeq(`v volt volts mv uv µv kv a amp amps ampere ma ua µa ka w kw mw hz khz mhz ghz rpm 1/min °c degc c k °f degf f bar mbar pa kpa
		mpa n kn nm g m mm um µm m/s mm/s m/s2 m/s^2 % - ohm ω l/min db dbm t a/m j va unknown none sequence`) {
		m[u] = true
	}
	return m
}()

// mostlyUnits says whether more than half of the filled cells that are not numbers name units.
func mostlyUnits(cells [][]byte) bool {
	units, words := 0, 0
	for _, c := range cells {
		if _, k := parse(c, false, 64); len(c) == 0 || k == number {
			continue
		}
		words++
		u := strings.ToLower(cleanName(bytes.Trim(c, "()[]")))
		if _, ok := timeUnits[u]; ok || otherUnits[u] {
			units++
		}
	}
	return units*2 > words
}

// timeNames are what people call a time column, unit taken off, in lower case.
var timeNames = map[string]bool{
	"timestamp": true, "time": true, "t": true, "date": true, "datetime": true, "date time": true, "date_time": true, "time stamp": true, "zeit": true,
	"zeitstempel": true, "datum": true, "elapsed": true, "elapsed time": true, "elapsed_time": true, "seconds": true, "second": true, "sec": true, "x-axis": true,
}

// counterNames are what people call a row counter.
var counterNames = map[string]bool{
	"": true, "index": true, "idx": true, "no": true, "no.": true, "nr": true, "nr.": true, "row": true, "sample": true, "samples": true, "sequence": true, "count": true, "x": true, "point": true,
}

// timeName splits a header such as "Time (ms)", "t[s]", "time/s" or "time_us" into the base name in lower case and the unit in seconds, 0 for none.
func timeName(name string) (base string, unit float64) {
	s := strings.ToLower(strings.TrimSpace(name))
	if i := strings.LastIndexAny(s, "([/_"); i > 0 {
		if u, ok := timeUnits[strings.Trim(s[i+1:], ")] ")]; ok {
			return strings.TrimSpace(s[:i]), u
		}
	}
	if u, ok := timeUnits[s]; ok {
		return s, u
	}
	return s, 0
}
