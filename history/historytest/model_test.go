package historytest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"ticker/history"
)

// faultKey names, in the environment of a child process, the fault of the store
// that the suite is run on there.
const faultKey = "HISTORYTEST_FAULT"

// TestModelPassesTheSuite is, in a child process, the suite on a broken store.
func TestModelPassesTheSuite(t *testing.T) {
	t.Parallel()
	broken := faults()[os.Getenv(faultKey)].store
	Run(t, func(*testing.T) func() history.Store {
		m := new(Model)
		return func() history.Store {
			if broken == nil {
				return m
			}
			return broken(m)
		}
	})
}

func TestSuiteFindsEveryFault(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestModelPassesTheSuite$", "-rapid.nofailfile", "-rapid.shrinktime=1ns")
			cmd.Env = append(os.Environ(), faultKey+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatal("the suite passes")
			}
			for _, group := range fault.found {
				if !strings.Contains(string(out), "--- FAIL: TestModelPassesTheSuite/"+group+"/") {
					t.Errorf("group %s passes; output:\n%s", group, out)
				}
			}
		})
	}
}
