package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// twoChannels writes a recording of two channels of noise at 1 kHz; change may put something else in place of a row's cells.
func twoChannels(t *testing.T, path string, seed uint64, rows int, change func(i int, a, b string) (string, string)) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range rows {
		a, b := fmt.Sprintf("%.5f", r.NormFloat64()), fmt.Sprintf("%.5f", 2*r.NormFloat64())
		if change != nil {
			a, b = change(i, a, b)
		}
		text.WriteString(a + "," + b + "\n")
	}
	write(t, path, text.String())
	return path
}

// What cannot be learnt from, and what a model does not fit, is refused in words that say what to do; what cannot be scored is not assessed.
func TestScenarioBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	const text = `
[stream.s]
channels = ["a", "b"]
rate_hz = 1000
model = "s.safetensors"
[stream.s.window]
length = 100
[stream.s.features]
list = ["log_rms", "kurtosis"]
[stream.s.network]
epochs = 5
`
	config := func(name, text string) string {
		write(t, file(name), text)
		return file(name)
	}
	cfg := config("s.toml", text)
	good := []string{twoChannels(t, file("good1.csv"), 1, 8000, nil), twoChannels(t, file("good2.csv"), 2, 8000, nil)}
	write(t, file("empty.csv"), "a,b\n")
	constant := twoChannels(t, file("constant.csv"), 3, 8000, func(int, string, string) (string, string) { return "1.5", "-2" })
	lone := file("lone.csv")
	write(t, lone, "a\n"+strings.Repeat("1.0\n2.5\n", 500))

	renamed := file("renamed.csv")
	write(t, renamed, "a,x\n"+strings.Repeat("1.0,2.0\n2.5,0.5\n", 500))

	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no normal data":               {[]string{"train", "-c", cfg, file("empty.csv")}, exitFailed, "no rows of numbers"},
		"too little of it":             {[]string{"train", "-c", cfg, twoChannels(t, file("short.csv"), 4, 900, nil)}, exitFailed, "take a longer stretch"},
		"all channels constant":        {[]string{"train", "-c", cfg, constant}, exitFailed, "the sensor is dead, unplugged or not powered"},
		"a recording lacks a channel":  {[]string{"train", "-c", cfg, lone}, exitMistake, "has 1 columns of numbers"},
		"a channel of another name":    {[]string{"train", "-c", cfg, renamed}, exitMistake, "but not b; if another is meant, choose all with --column"},
		"labels without a column name": {[]string{"train", "-c", cfg, "--labels", file("empty.csv"), "--target", "wear", good[0]}, exitFailed, `no column "specimen"`},
	} {
		if _, log, code := crackle(c.args...); code != c.code || !strings.Contains(log, c.want) {
			t.Errorf("%s: exit status %d, %q; want %d and %q", name, code, log, c.code, c.want)
		}
	}

	out, log, code := crackle("train", "-c", cfg, "--lot", "L1", good[0], good[1])
	if code != exitOK || !strings.Contains(out, "The limit is provisional") || !strings.Contains(out, "how much good") {
		t.Fatalf("one lot only: %d, %q, %q", code, out, log)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"a channel new against the model":     {`["a", "b"]`, `["a", "b", "c"]`, `channels: stream ["a","b","c"], model ["a","b"]`},
		"a channel missing against the model": {`["a", "b"]`, `["a"]`, `channels: stream ["a"], model ["a","b"]`},
		"other features":                      {`"kurtosis"`, `"crest"`, `features`},
		"a model of another stream":           {`stream.s`, `stream.other`, `was taught on stream s, whose limits need not hold here`},
	} {
		other := config("other.toml", strings.ReplaceAll(text, c.from, c.to))
		if _, log, code := crackle("score", "-c", other, good[0]); code != exitFailed || !strings.Contains(log, c.want) || !strings.Contains(log, "teach") {
			t.Errorf("%s: %d, %q, want %q", name, code, log, c.want)
		}
	}
	twin := config("twin.toml", strings.Replace(strings.ReplaceAll(text, "stream.s", "stream.twin"), "rate_hz", "model_stream = \"s\"\nrate_hz", 1))
	if _, log, code := crackle("score", "-c", twin, good[0]); code != exitOK {
		t.Errorf("a twin that says so: %d, %q", code, log)
	}

	// A channel is no number for four seconds: nothing in that time is assessed, nothing of it alarms, and the rest is scored as ever.
	broken := twoChannels(t, file("broken.csv"), 5, 12000, func(i int, a, b string) (string, string) {
		if i >= 4000 && i < 8000 {
			return a, "NaN"
		}
		return a, b
	})
	out, log, code = crackle("score", "-c", cfg, broken)
	if code != exitOK {
		t.Fatal(log)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	verdict := map[string]int{}
	for i, name := range rows[0] {
		if name != "verdict" {
			continue
		}
		for _, r := range rows[1:] {
			var first, end int
			if _, err := fmt.Sscan(r[0]+" "+r[1], &first, &end); err != nil {
				t.Fatal(err)
			}
			inside := end > 4000 && first < 8000
			if inside != (r[i] == "not assessed") && (inside || first > 8800 || first > 500 && end <= 4000) {
				t.Errorf("window %d to %d: %s", first, end, r[i])
			}
			verdict[r[i]]++
		}
	}
	if verdict["ok"] < 100 || verdict["alarm"] > 3 {
		t.Errorf("verdicts %v", verdict)
	}
	if _, log, code := crackle("explain", "-c", cfg, broken, "--at", "6"); code == exitOK || !strings.Contains(log, "no window holds") && !strings.Contains(log, "not assessed") {
		t.Errorf("explained what was not assessed: %d, %q", code, log)
	}
}
