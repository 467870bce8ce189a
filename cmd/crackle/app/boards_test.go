package app_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"crackle/alert"
	"crackle/detector"
)

const (
	boardFile = "../../../docs/grafana/crackle.json"
	rulesFile = "../../../docs/prometheus/crackle.rules.yml"
)

type board struct {
	Templating struct {
		List []struct{ Name, Type string }
	}
	Panels []struct {
		ID          int
		Title       string
		FieldConfig struct{ Defaults struct{ Unit string } }
		Targets     []struct{ Expr string }
	}
}

type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Alert, Expr string
			Annotations map[string]string
		}
	}
}

// The dashboard and the alert rules ask only for what a running crackle shows, and say what a person needs.
func TestDashboardAndRulesFitMetrics(t *testing.T) {
	t.Parallel()
	families := scrapeAll(t)
	var b board
	read(t, boardFile, json.Unmarshal, &b)
	ids, source := map[int]bool{}, false
	for _, v := range b.Templating.List {
		source = source || v.Name == "datasource" && v.Type == "datasource"
	}
	if !source || len(b.Panels) == 0 {
		t.Errorf("datasource variable %v, %d panels", source, len(b.Panels))
	}
	for _, p := range b.Panels {
		if ids[p.ID] || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q: id %d (taken: %v), unit %q, %d queries", p.Title, p.ID, ids[p.ID], p.FieldConfig.Defaults.Unit, len(p.Targets))
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			checkQuery(t, families, q.Expr)
		}
	}
	var r ruleFile
	read(t, rulesFile, yaml.Unmarshal, &r)
	if len(r.Groups) == 0 || len(r.Groups[0].Rules) == 0 {
		t.Error("no rules")
	}
	for _, g := range r.Groups {
		for _, rule := range g.Rules {
			if rule.Alert == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("rule %q: annotations %v; want summary and description", rule.Alert, rule.Annotations)
			}
			if !strings.HasPrefix(rule.Expr, "up{") { // Prometheus's own
				checkQuery(t, families, rule.Expr)
			}
		}
	}
}

func read(t *testing.T, file string, decode func([]byte, any) error, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// scrapeAll reads /metrics of an App that has a sink, has scored, knows its rate, and has an alarm that nobody answered.
func scrapeAll(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), "[sink.log]\nkind = \"log\"\n"))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	pub := w.publisher("motor")
	publishPart(t, pub, healthy(t), "good", 100)
	publishPart(t, pub, faulty(t), "bad", 100)
	w.wantVerdict("motor", "bad", detector.Alarm)
	eventually(t, "the alarm's end", func() bool { return len(w.events("motor", alert.KindScore)) == 2 })
	began := time.Now().UnixNano()
	for i := range 25 { // over ten seconds by the publisher's clock, from which on the rate is known
		b := asBlock(healthy(t), 0)
		b.First, b.Part, b.Flags, b.TimeNS = 0, "", 0, began+int64(float64(i*b.Count())/b.RateHz*1e9)
		publish(t, pub, b)
	}
	flush(t, pub)
	var text string
	eventually(t, "a measured rate", func() bool {
		_, text = w.get("/metrics")
		return strings.Contains(text, "crackle_rate_deviation{")
	})
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

var (
	selectorRE = regexp.MustCompile(`(crackle_\w+)(?:\{([^}]*)\})?`)
	matcherRE  = regexp.MustCompile(`(\w+)\s*(=~|=)\s*"([^"]*)"`)
	groupRE    = regexp.MustCompile(`\b(?:by|on)\s*\(([^)]*)\)`)
)

// checkQuery holds every selector of a query, and every label it groups by, against what was scraped. Each alternative that a matcher of fates
// names must be there; of alarm states, which are shown only while an alarm is in them, one is enough.
func checkQuery(t *testing.T, families map[string]*dto.MetricFamily, query string) {
	t.Helper()
	selectors := selectorRE.FindAllStringSubmatch(query, -1)
	if len(selectors) == 0 {
		t.Errorf("%s: no metric of crackle", query)
	}
	for _, s := range selectors {
		values := labelValues(families[s[1]])
		if values == nil {
			t.Errorf("%s: no metric %s", query, s[1])
			continue
		}
		for _, m := range matcherRE.FindAllStringSubmatch(s[2], -1) {
			label, want := m[1], strings.Split(m[3], "|")
			found := 0
			for _, v := range want {
				if values[label][v] || strings.HasPrefix(v, "$") && values[label] != nil {
					found++
				}
			}
			if found == 0 || found < len(want) && label != "state" {
				t.Errorf("%s: %s has %s %v; want %v", query, s[1], label, values[label], want)
			}
		}
		for _, g := range groupRE.FindAllStringSubmatch(query, -1) {
			for label := range strings.SplitSeq(g[1], ",") {
				label = strings.TrimSpace(label)
				if label != "job" && label != "instance" && values[label] == nil { // these two are the scrape's
					t.Errorf("%s: %s has no label %s", query, s[1], label)
				}
			}
		}
	}
}

// labelValues are the values that each label of a family has; nil for a family without metrics.
func labelValues(f *dto.MetricFamily) map[string]map[string]bool {
	if f == nil || len(f.Metric) == 0 {
		return nil
	}
	values := map[string]map[string]bool{}
	for _, m := range f.Metric {
		for _, l := range m.Label {
			if values[l.GetName()] == nil {
				values[l.GetName()] = map[string]bool{}
			}
			values[l.GetName()][l.GetValue()] = true
		}
	}
	return values
}
