package faults_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// apartVariable names the test that runs in namespaces already.
const apartVariable = "FAULTS_APART"

// apart runs the calling test again, in a process that has its own network and its
// own mounts and may change both, and reports whether this is that process. The
// other one has nothing left to do.
func apart(t *testing.T) bool {
	t.Helper()
	if os.Getenv(apartVariable) == t.Name() {
		return true
	}
	//nolint:gosec // it is this program
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), apartVariable+"="+t.Name(), programVariable+"="+binary(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Geteuid() != 0 {
		// In a user namespace of one's own one may do both. The user stays who it is,
		// because PostgreSQL does not run as root.
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		t.Errorf("in namespaces of its own: %v\n%s", err, out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()+" "):
		t.Errorf("in namespaces of its own nothing passed:\n%s", out)
	default:
		t.Logf("in namespaces of its own:\n%s", out)
	}
	return false
}

// system runs a command of the system that sets up a namespace.
func system(t *testing.T, name string, args ...string) {
	t.Helper()
	path := name
	for _, dir := range []string{"/usr/sbin/", "/sbin/"} { // not in the path of every user
		if _, err := os.Stat(dir + name); err == nil {
			path = dir + name
			break
		}
	}
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// loopback brings up the loopback device of a new network.
func loopback(t *testing.T) {
	t.Helper()
	system(t, "ip", "link", "set", "lo", "up")
}

// disk is a file system of its own, in memory and small.
type disk struct {
	t   *testing.T
	dir string
}

// mount puts a disk of a size, such as 8m, at a directory until the test ends.
func mount(t *testing.T, dir, size string) *disk {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0777,size="+size); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil { // a program may still have it
			t.Errorf("unmount a small disk: %v", err)
		}
	})
	return &disk{t, dir}
}

// fill leaves no byte on the disk.
func (d *disk) fill() {
	d.t.Helper()
	f, err := os.Create(d.ballast())
	if err != nil {
		d.t.Fatal(err)
	}
	// In ever smaller pieces, to the last byte.
	for piece := make([]byte, 1<<20); len(piece) > 0; {
		if _, err := f.Write(piece); err != nil {
			piece = piece[:len(piece)/2]
		}
	}
	if err := f.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// free gives the room back.
func (d *disk) free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) ballast() string { return d.dir + "/ballast" }
