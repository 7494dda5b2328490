package bench

import (
	"runtime"
	"runtime/debug"
)

// ThisMachine describes where the program runs, and from which commit it was
// built.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	m.describe()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				m.Commit = s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	return m
}
