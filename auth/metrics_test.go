package auth_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"ticker/auth"
)

func TestEveryJudgementIsCountedByWayAndReason(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{
		JWT: s.accepting(t), Keys: []auth.Key{{ID: "a", SHA256: hashOf("key")}}, Metrics: auth.NewMetrics(registry),
	})
	for credential, want := range map[string]string{
		"key": "ok", "nokey": "unknown_key", s.token(""): "ok", s.token(`,"jti":7`): "bad_claim jti", "a.b": "malformed",
	} {
		expect(t, a, credential, want)
	}
	got := values(t, registry)["ticker_auth_total"]
	maps.DeleteFunc(got, func(_ string, value float64) bool { return value == 0 })
	want := map[string]float64{"jwt bad_claim": 1, "jwt malformed": 1, "jwt ok": 1, "key ok": 1, "key unknown_key": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestReadingsAreCountedWithWhatTheyBrought(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewPedanticRegistry()
		host := newKeyHost(t)
		host.has(s.jwk("1"), newECDSA().jwk("2"))
		cfg := host.trusted(auth.ES256)
		cfg.Metrics = auth.NewMetrics(registry)
		a := start(t, cfg)
		expect(t, a, s.named("1"), "ok")
		host.fails(http.StatusNotFound)
		time.Sleep(time.Minute)
		a.Reload()
		synctest.Wait()
		got := values(t, registry)
		delete(got, "ticker_auth_total")
		want := map[string]map[string]float64{
			"ticker_auth_keys":                       {"jwks_url": 2},
			"ticker_auth_key_read_timestamp_seconds": {"jwks_url": float64(noon.Unix())},
			"ticker_auth_key_refresh_total":          {"ok jwks_url": 1, "failed jwks_url": 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counted (-want +got):\n%s", diff)
		}
	})
}

// values returns the values of all metrics by name and by the values of their labels.
func values(t *testing.T, registry prometheus.Gatherer) map[string]map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]map[string]float64)
	for _, family := range families {
		all[family.GetName()] = make(map[string]float64)
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetValue())
			}
			// One of the two is not there, and 0.
			all[family.GetName()][strings.Join(labels, " ")] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return all
}

func TestReasonsHaveNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for reason := auth.Malformed; reason <= auth.KeysUnavailable; reason++ {
		name, text := reason.String(), (&auth.Refusal{Reason: reason, Claim: "exp"}).Error()
		if name == "" || seen[name] || !strings.HasSuffix(text, ": exp") || len(text) < 20 {
			t.Errorf("reason %d is %q: %q", reason, name, text)
		}
		seen[name] = true
	}
	beyond := auth.KeysUnavailable + 1
	if beyond.String() != "unknown" || (&auth.Refusal{Reason: beyond}).Error() != "credential is refused" {
		t.Error("there are more reasons than this test knows")
	}
}
