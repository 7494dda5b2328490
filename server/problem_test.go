package server_test

import (
	"strings"
	"testing"
)

func TestProblemsAreCountedByStatus(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for target, want := range map[string]string{
		"/v1/snapshot": "400",
		"/v1/nothing":  "404",
		"/v1/snapshot?symbols=" + strings.Repeat("A", 5000): "414",
		"/v1/ws": "426",
	} {
		before := r.metric(`ticker_http_problems_total{status="` + want + `"}`)
		if before != "" {
			t.Fatalf("%s counts before anything was wrong", want)
		}
		r.get(target)
		if got := r.metric(`ticker_http_problems_total{status="` + want + `"}`); got != "1" {
			t.Errorf("%.30s: status %s was counted %q times", target, want, got)
		}
	}
	r.get("/v1/symbols")
	if got := r.metric(`ticker_http_problems_total{status="200"}`); got != "" {
		t.Errorf("a good answer counts as %s problems", got)
	}
}
