package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"ticker/internal/natstest"
)

func TestOperationsTellsEveryKeyFlagAndMetric(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, k := range keys() {
		if !strings.Contains(doc, "| `"+k.path+"` |") {
			t.Errorf("no row for the key %s", k.path)
		}
	}
	usage := newTokenCommand(&environment{}).Flags().FlagUsages()
	for _, flag := range regexp.MustCompile(`--[\w-]+`).FindAllString(usage, -1) {
		if !strings.Contains(doc, "`"+flag) {
			t.Errorf("nothing of the flag %s of token", flag)
		}
	}
	for _, f := range serveFlags() {
		if !strings.Contains(doc, "`--"+f.name) {
			t.Errorf("nothing of the flag --%s", f.name)
		}
	}
	_, metrics := get(t, startServe(t).admin+"/metrics")
	_, more := get(t, startSecured(t).admin+"/metrics")
	engine := natstest.Start(t, natstest.Options{}).URL()
	_, relayed := get(t, startServe(t, "--relay", engine, "--history", "off").admin+"/metrics")
	metrics += more + relayed
	for _, name := range regexp.MustCompile(`(?m)^# TYPE (ticker_\w+)`).FindAllStringSubmatch(metrics, -1) {
		if !strings.Contains(doc, "`"+name[1]) {
			t.Errorf("nothing of the metric %s", name[1])
		}
	}
}
