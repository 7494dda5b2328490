package postgrestest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

var errMissing = errors.New(
	"these tests need PostgreSQL: neither initdb in the path nor /usr/lib/postgresql/*/bin; install the Debian package postgresql",
)

// programs are the paths of what makes up a server.
type programs struct{ initdb, postgres string }

// findPrograms prefers the newest of Debian's versions, which stand side by side
// and out of the path, to what the path has.
func findPrograms() (programs, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return programs{}, fmt.Errorf("look for initdb: %w", err)
	}
	if len(found) > 0 {
		return beside(newest(found)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return programs{}, errMissing
	}
	// Other programs of the version are found beside the file itself, not beside
	// a link to it.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return programs{}, fmt.Errorf("look for initdb: %w", err)
	}
	return beside(path), nil
}

func beside(initdb string) programs {
	return programs{initdb: initdb, postgres: filepath.Join(filepath.Dir(initdb), "postgres")}
}

// newest returns the path whose third last part is the greatest number.
func newest(paths []string) string {
	return slices.MaxFunc(paths, func(a, b string) int { return cmp.Compare(version(a), version(b)) })
}

func version(path string) float64 {
	number, err := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(path))), 64)
	if err != nil {
		return 0
	}
	return number
}

// account is who the server runs as: another user if root asks, nil for this one.
type account struct{ *syscall.Credential }

// findAccount returns the account of a server.
func findAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return account{}, fmt.Errorf("read account %s: %w", name, err)
		}
		return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// own gives a directory to the account.
func (a account) own(dir string) error {
	if a.Credential == nil {
		return nil
	}
	return os.Chown(dir, int(a.Uid), int(a.Gid))
}
