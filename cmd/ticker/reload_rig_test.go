package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
)

// reloading is a service in a process of its own whose configuration changes.
type reloading struct {
	*process
	t    *testing.T
	file string
}

// startReloading runs a service with a configuration besides what keeps it small.
func startReloading(t *testing.T, config string) *reloading {
	t.Helper()
	dir := t.TempDir()
	r := &reloading{t: t, file: filepath.Join(dir, "ticker.yaml")}
	r.write(config)
	r.process = spawnIn(t, dir) // which finds the file where it is looked for
	return r
}

func (r *reloading) write(config string) {
	r.t.Helper()
	const small = "feeds: ['push:']\nhistory: {url: 'off'}\n"
	putFile(r.t, filepath.Dir(r.file), "ticker.yaml", small+config, 0o600)
}

func (r *reloading) hangUp() {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		r.t.Fatal(err)
	}
}

// reloads returns how many readings ended so.
func (r *reloading) reloads(result string) int {
	r.t.Helper()
	_, metrics := get(r.t, r.admin+"/metrics")
	found := regexp.MustCompile(`ticker_config_reloads_total\{result="` + result + `"\} (\d+)`).FindStringSubmatch(metrics)
	if found == nil {
		r.t.Fatalf("no count of %s in\n%s", result, metrics)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// reload has what is in the file read again, and waits until that ended as it should.
func (r *reloading) reload(result string) {
	r.t.Helper()
	before := r.reloads(result)
	r.hangUp()
	soon(r.t, "a reload that ends with "+result, func() bool { return r.reloads(result) > before })
}

// reloadAs writes a configuration that has no mistake, and has it read.
func (r *reloading) reloadAs(config string) {
	r.t.Helper()
	r.write(config)
	r.reload("ok")
}

// said returns the lines of the log with a message.
func (r *reloading) said(message string) (lines []map[string]any) {
	r.t.Helper()
	for text := range strings.Lines(r.log.String()) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) == nil && line["msg"] == message {
			lines = append(lines, line)
		}
	}
	return lines
}

// lastSaid waits until there are so many lines with a message, and returns the last.
func (r *reloading) lastSaid(message string, lines int) map[string]any {
	r.t.Helper()
	soon(r.t, message, func() bool { return len(r.said(message)) >= lines })
	all := r.said(message)
	if len(all) != lines {
		r.t.Errorf("%d lines %q, want %d", len(all), message, lines)
	}
	return all[len(all)-1]
}

// shake asks for a session with headers, and returns it or nil, and the status.
func (r *reloading) shake(header http.Header) (*websocket.Conn, int) {
	r.t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(r.t.Context(), "ws"+strings.TrimPrefix(r.public, "http")+"/v1/ws", header)
	if resp == nil {
		r.t.Fatal(err)
	}
	defer closing(r.t, resp.Body)
	if err != nil {
		return nil, resp.StatusCode
	}
	r.t.Cleanup(func() { _ = conn.Close() }) // the service may have been first
	if text := next(r.t, conn); !strings.Contains(text, `"welcome"`) {
		r.t.Fatal(text)
	}
	return conn, resp.StatusCode
}

func bearing(credential string) http.Header {
	return http.Header{"Authorization": {"Bearer " + credential}}
}

func fromOrigin(origin string) http.Header { return http.Header{"Origin": {origin}} }

// enter opens a session.
func (r *reloading) enter(header http.Header) *websocket.Conn {
	r.t.Helper()
	conn, status := r.shake(header)
	if conn == nil {
		r.t.Fatalf("no session: %d", status)
	}
	return conn
}

// expectRefused expects that there is no session to be had.
func (r *reloading) expectRefused(status int, header http.Header) {
	r.t.Helper()
	if _, got := r.shake(header); got != status {
		r.t.Errorf("%d, want %d", got, status)
	}
}

// expectAlive expects that a session answers.
func expectAlive(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	if answer := request(t, conn, `{"type":"ping","id":"1"}`); !strings.Contains(answer, `"pong"`) {
		t.Errorf("a session answers %s", answer)
	}
}

// expectClosed reads up to the end of a session.
func expectClosed(t *testing.T, conn *websocket.Conn, code int) {
	t.Helper()
	for {
		_, _, err := conn.ReadMessage()
		if closed := new(websocket.CloseError); errors.As(err, &closed) && closed.Code == code {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// keysOf is a configuration that lets in those whose credentials are their names, each with
// more of its mapping.
func keysOf(names ...string) string {
	text := "auth:\n  mode: keys\n  keys:\n"
	for _, name := range names {
		id, more, _ := strings.Cut(name, " ")
		sum := sha256.Sum256([]byte(id))
		text += fmt.Sprintf("    - {id: %s, sha256: %s%s}\n", id, hex.EncodeToString(sum[:]), more)
	}
	return text
}

// startWords returns what the start says of a configuration with a mistake.
func startWords(t *testing.T, file string) string {
	t.Helper()
	code, _, stderr := program(t, os.Environ(), "serve", "--config", file)
	words, ok := strings.CutPrefix(strings.TrimSpace(stderr), "ticker: ")
	if code != 2 || !ok {
		t.Fatalf("the start ends with %d: %s", code, stderr)
	}
	return words
}
