package deploy

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticker/internal/natstest"
	"ticker/internal/proxytest"
	"ticker/internal/servertest"
)

// alertRule is one rule of alerts.yml.
type alertRule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func readAlerts(t *testing.T) []alertRule {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alertRule
		}
	}
	decode(t, "alerts.yml", shipped(t, "prometheus/alerts.yml"), &file)
	return file.Groups[0].Rules
}

// board is the dashboard, as far as the tests care.
type board struct {
	Panels []struct {
		Type, Title string
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct{ Expr string }
	}
	Templating struct {
		List []struct {
			Query struct{ Query string }
		}
	}
}

func readBoard(t *testing.T) (b board) {
	t.Helper()
	must(t, json.Unmarshal([]byte(shipped(t, "grafana/ticker.json")), &b))
	return b
}

// queries are what the panels ask, by their titles, with Grafana's variables filled in.
func (b *board) queries() map[string]string {
	fill := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*")
	found := make(map[string]string)
	for _, p := range b.Panels {
		for i, target := range p.Targets {
			found[fmt.Sprintf("%s %d", p.Title, i)] = fill.Replace(target.Expr)
		}
	}
	return found
}

func TestPrometheusTakesRulesAndConfiguration(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"check", "rules", "prometheus/alerts.yml"},
		{"check", "config", "prometheus/prometheus.yml"},
		{"test", "rules", "prometheus/alerts_test.yml"},
	} {
		if said, err := tool(t, "promtool", args...); err != nil {
			t.Errorf("promtool %q: %v\n%s", args, err, said)
		}
	}
}

func TestPrometheusTakesEveryQueryOfTheDashboard(t *testing.T) {
	t.Parallel()
	b := readBoard(t)
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, title := range slices.Sorted(maps.Keys(b.queries())) {
		fmt.Fprintf(&rules, "      - record: panel_%d\n        expr: %q\n", i, b.queries()[title])
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	must(t, os.WriteFile(file, []byte(rules.String()), 0o600))
	if said, err := tool(t, "promtool", "check", "rules", file); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestEveryAlertTellsWhatToDoAndHasATest(t *testing.T) {
	t.Parallel()
	tests := shipped(t, "prometheus/alerts_test.yml")
	anchors := make(map[string]bool)
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(shipped(t, "../docs/OPERATIONS.md"), -1) {
		anchors[strings.ReplaceAll(strings.ToLower(heading[1]), " ", "-")] = true
	}
	for _, a := range readAlerts(t) {
		file, anchor, _ := strings.Cut(a.Annotations["runbook"], "#")
		if file != "docs/OPERATIONS.md" || !anchors[anchor] {
			t.Errorf("%s: no such place as %q", a.Alert, a.Annotations["runbook"])
		}
		if a.For == "" || a.Annotations["summary"] == "" || !slices.Contains([]string{"critical", "warning"}, a.Labels["severity"]) {
			t.Errorf("%s: for, summary or severity are missing: %+v", a.Alert, a)
		}
		if !strings.Contains(tests, `{alertname="`+a.Alert+`"}`) {
			t.Errorf("%s: no test has it fire", a.Alert)
		}
	}
}

func TestEveryMetricThatIsAskedForIsExported(t *testing.T) {
	t.Parallel()
	known := exported(t)
	b := readBoard(t)
	asked := b.queries()
	for _, a := range readAlerts(t) {
		asked[a.Alert] = a.Expr
	}
	for i, variable := range b.Templating.List {
		asked[fmt.Sprintf("variable %d", i)] = strings.TrimSuffix(strings.TrimPrefix(variable.Query.Query, "label_values("), ", instance)")
	}
	for who, query := range asked {
		for _, complaint := range known.misfits(query) {
			t.Errorf("%s: %s", who, complaint)
		}
	}
}

// series are the values of each label of each metric that a program exports.
type series map[string]map[string]map[string]bool

// add reads Prometheus' text format.
func (s series) add(metrics string) {
	label := regexp.MustCompile(`(\w+)="([^"]*)"`)
	for _, line := range regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? \S+$`).FindAllStringSubmatch(metrics, -1) {
		if s[line[1]] == nil {
			s[line[1]] = make(map[string]map[string]bool)
		}
		for _, l := range label.FindAllStringSubmatch(line[2], -1) {
			if s[line[1]][l[1]] == nil {
				s[line[1]][l[1]] = make(map[string]bool)
			}
			s[line[1]][l[1]][l[2]] = true
		}
	}
}

// misfits lists the metrics, labels and values in a query that nobody exports. What a
// session was closed with is a value that has to happen first, and is not looked for.
func (s series) misfits(query string) (found []string) {
	grouping := map[string]bool{"job": true, "instance": true} // which Prometheus adds
	condition := regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	metric := regexp.MustCompile(`\b((?:ticker|haproxy|process|go)_\w+|up)\b(?:\{([^}]*)\})?`)
	metrics := metric.FindAllStringSubmatch(query, -1)
	if len(metrics) == 0 {
		return []string{"no metric in " + query}
	}
	for _, m := range metrics {
		values, exported := s[m[1]]
		if !exported && m[1] != "up" {
			found = append(found, "nobody exports "+m[1])
		}
		for label := range values {
			grouping[label] = true
		}
		for _, c := range condition.FindAllStringSubmatch(m[2], -1) {
			label, value := c[1], c[3]
			switch {
			case label == "job" || label == "instance":
			case values[label] == nil:
				found = append(found, m[1]+" has no label "+label)
			case c[2] == "=" && label != "code" && !values[label][value]:
				found = append(found, fmt.Sprintf("%s has no %s %q", m[1], label, value))
			}
		}
	}
	for _, group := range regexp.MustCompile(`\b(?:by|on) \(([^)]*)\)`).FindAllStringSubmatch(query, -1) {
		for label := range strings.SplitSeq(group[1], ", ") {
			if !grouping[label] {
				found = append(found, "grouped by a label that none of its metrics has: "+label)
			}
		}
	}
	return found
}

// exported is what services and HAProxy export when everything is in use.
func exported(t *testing.T) series {
	t.Helper()
	open := servertest.Start(t, nodeOptions{feed: ", sim:", settings: `history: {url: "sqlite:"}`})
	dir := t.TempDir()
	b := &balancer{roots: x509.NewCertPool()}
	for name, text := range b.certify(t) {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	revoked := filepath.Join(dir, "revoked")
	must(t, os.WriteFile(revoked, nil, 0o600))
	closed := servertest.Start(t, nodeOptions{settings: fmt.Sprintf("tls: {cert_file: %s/tls.crt, key_file: %s/tls.key}\n"+
		"auth: {mode: jwt, revoked_file: %s, jwt: {secret: %q}}", dir, dir, revoked, strings.Repeat("secret", 6))})

	ingest, edge := interrupted(t)
	b = balance(t, proxytest.HAProxy, upstreams([]*node{open, open, open}), nil)
	s := b.mustOpen(t)
	s.subscribe(t, "", "SYM0001")
	must(t, s.Close())
	must(t, os.WriteFile(filepath.Join(dir, "tls.crt"), []byte("nonsense"), 0o600))
	known := make(series)
	await(t, "the end of a session, a reload that fails and a gap", func() bool {
		for _, addr := range []string{open.admin, closed.admin, ingest.admin, edge.admin, b.PortAddr(2)} {
			_, metrics, err := request(t.Context(), http.DefaultClient, http.MethodGet, "http://"+addr+"/metrics", "")
			must(t, err)
			known.add(metrics)
		}
		return known["ticker_session_closes_total"] != nil && known["ticker_tls_reloads_total"]["result"]["error"] &&
			known["ticker_relay_gaps_total"] != nil
	})
	return known
}

// interrupted starts two nodes of a relay whose engine stops when the edge follows
// everything, and comes back.
func interrupted(t *testing.T) (ingest, edge *node) {
	t.Helper()
	engine := natstest.Start(t, natstest.Options{})
	ingest = servertest.Start(t, nodeOptions{feed: ", sim:", relay: engine.URL(), role: "ingest"})
	edge = servertest.Start(t, nodeOptions{relay: engine.URL(), role: "edge"})
	await(t, "an edge that follows", func() bool {
		code, _, err := request(t.Context(), http.DefaultClient, http.MethodGet, "http://"+edge.Addr()+"/v1/poll?wait=0s&symbols=*", "")
		return err == nil && code == http.StatusOK
	})
	engine.Kill(t)
	engine.Restart(t)
	return ingest, edge
}

func TestNoPanelOfTheDashboardIsUponAnother(t *testing.T) {
	t.Parallel()
	taken := make(map[[2]int]string)
	var rows []string
	for _, p := range readBoard(t).Panels {
		if p.Type == "row" {
			rows = append(rows, p.Title)
		} else if len(p.Targets) == 0 {
			t.Errorf("%q asks for nothing", p.Title)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				place := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, there := taken[place]; there || place[0] >= 24 {
					t.Fatalf("%q is upon %q, or beside the page", p.Title, other)
				}
				taken[place] = p.Title
			}
		}
	}
	if got := strings.Join(rows, " "); got != "Sessions Delivery Feeds History Relay Runtime" {
		t.Errorf("rows %s", got)
	}
}
