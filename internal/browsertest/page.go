package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
)

// Page is one page in a window of its own.
type Page struct {
	tb      testing.TB
	conn    *conn
	session string

	mu         sync.Mutex
	complaints []string
}

// Open shows url in a new window of 1280 × 800 and waits until it is loaded.
// The window is closed when the test ends.
func (b *Browser) Open(tb testing.TB, url string) *Page {
	tb.Helper()
	p := &Page{tb: tb, conn: b.conn}
	p.session = p.attach()
	b.conn.listen(p.session, p.hear)
	for _, domain := range []string{"Runtime", "Log", "Page"} {
		p.do(domain+".enable", nil, nil)
	}
	// Only one window can have the focus; each page is to behave as if it were it.
	p.do("Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true}, nil)
	p.Resize(1280, 800)
	p.do("Page.navigate", map[string]any{"url": url}, nil)
	p.WaitFor(`document.readyState === "complete"`)
	return p
}

// attach makes a browser context with one window and returns its session.
func (p *Page) attach() string {
	p.tb.Helper()
	var made struct {
		BrowserContextID string `json:"browserContextId"`
		TargetID         string `json:"targetId"`
		SessionID        string `json:"sessionId"`
	}
	p.do("Target.createBrowserContext", nil, &made)
	p.tb.Cleanup(func() { p.dispose(made.BrowserContextID) })
	p.do("Target.createTarget", map[string]any{
		"url": "about:blank", "browserContextId": made.BrowserContextID, "newWindow": true,
	}, &made)
	p.do("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made)
	return made.SessionID
}

func (p *Page) dispose(browserContext string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	params := map[string]any{"browserContextId": browserContext}
	if err := p.conn.call(ctx, command{Method: "Target.disposeBrowserContext", Params: params}, nil); err != nil {
		p.tb.Errorf("close page: %v", err)
	}
}

// do calls a method of the protocol and fails the test if that fails.
func (p *Page) do(method string, params, result any) {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.tb.Context(), patience)
	defer cancel()
	cmd := command{Session: p.session, Method: method, Params: params}
	if err := p.conn.call(ctx, cmd, result); err != nil {
		p.tb.Fatal(err)
	}
}

// hear keeps uncaught exceptions and violations of the security policy. Lines
// about the network are left out: tests break connections on purpose.
func (p *Page) hear(m message) {
	var event struct {
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Entry struct{ Source, Level, Text string }
	}
	if json.Unmarshal(m.Params, &event) != nil {
		return
	}
	switch {
	case m.Method == "Runtime.exceptionThrown":
		p.complain(event.ExceptionDetails.Text + " " + event.ExceptionDetails.Exception.Description)
	case m.Method == "Log.entryAdded" && event.Entry.Level == "error" && event.Entry.Source != "network":
		p.complain(event.Entry.Text)
	}
}

func (p *Page) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, text)
}

// Complaints returns the uncaught exceptions of the page and its violations of
// the content security policy so far.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// Eval evaluates a JavaScript expression, waits for it if it is a promise, and
// decodes its value, taken as JSON, into result, unless that is nil. An
// exception fails the test.
func (p *Page) Eval(expression string, result any) {
	p.tb.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	p.do("Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true,
	}, &answer)
	if e := answer.ExceptionDetails; e != nil {
		p.tb.Fatalf("evaluate %s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer.Result.Value, result); err != nil {
		p.tb.Fatalf("decode value of %s: %v", expression, err)
	}
}

// WaitFor waits until a JavaScript expression is true and fails the test if it
// does not become so. An exception in it counts as false.
func (p *Page) WaitFor(expression string) {
	p.tb.Helper()
	const loop = `new Promise((resolve) => {
		const end = Date.now() + %d;
		const look = () => {
			let met = false;
			try { met = Boolean(%s); } catch { met = false; }
			if (met || Date.now() > end) resolve(met); else setTimeout(look, 15);
		};
		look();
	})`
	var met bool
	p.Eval(fmt.Sprintf(loop, (patience/2).Milliseconds(), expression), &met)
	if !met {
		var text string
		p.Eval(`document.body.innerText.slice(0, 2000)`, &text)
		p.tb.Fatalf("waited in vain for %s; complaints: %q; the page says:\n%s", expression, p.Complaints(), text)
	}
}

// Resize sets the size of the window, in CSS pixels.
func (p *Page) Resize(width, height int) {
	p.tb.Helper()
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
	}, nil)
}

// Media emulates one media feature, such as prefers-color-scheme: dark. It
// replaces what an earlier call emulated.
func (p *Page) Media(feature, value string) {
	p.tb.Helper()
	p.do("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": feature, "value": value}},
	}, nil)
}

// Press presses and releases a key, named as KeyboardEvent.key names it.
func (p *Page) Press(key string) {
	p.tb.Helper()
	event := map[string]any{"type": "keyDown", "key": key, "windowsVirtualKeyCode": keyCode(key)}
	if len(key) == 1 {
		event["text"] = key
	}
	p.do("Input.dispatchKeyEvent", event, nil)
	event["type"] = "keyUp"
	p.do("Input.dispatchKeyEvent", event, nil)
}

// keyCode returns the number by which Chromium knows the keys that type nothing.
func keyCode(key string) int {
	switch key {
	case "Enter":
		return 13
	case "Escape":
		return 27
	case "PageUp":
		return 33
	case "PageDown":
		return 34
	case "End":
		return 35
	case "Home":
		return 36
	case "ArrowUp":
		return 38
	case "ArrowDown":
		return 40
	}
	return 0
}

// Screenshot writes what the window shows to a PNG file.
func (p *Page) Screenshot(path string) {
	p.tb.Helper()
	var shot struct{ Data []byte }
	p.do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		p.tb.Fatal(err)
	}
}
