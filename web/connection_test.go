package web

import (
	"fmt"
	"testing"
)

// granting makes the server grant this interval, whatever is asked for.
func granting(interval string) []func(*ticker) {
	return []func(*ticker){func(s *ticker) { s.grant = interval }}
}

// mute makes the server fall silent after its greeting.
func mute(heartbeat string) []func(*ticker) {
	return []func(*ticker){func(s *ticker) { s.heartbeat, s.mute = heartbeat, true }}
}

func TestConnection(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "a lost connection dims every row and comes back by itself", try: comesBack},
		{name: "a row stays dim after a reconnection until its record is sent again", try: dimUntilSent},
		{name: "draining says how long to wait at least", try: drainingWait},
		{name: "a server that sends less often says so", try: lessOften},
		{name: "silence first warns and then reconnects", try: silence, options: mute("500ms")},
		{name: "an interval can be chosen and what was granted is told", try: chooseInterval, options: granting("500ms")},
		{name: "a server that wants a token gets one", try: signIn},
		{name: "a rejected subscription is told", try: rejected, options: []func(*ticker){func(s *ticker) { s.reject = "*" }}},
		{name: "a resumed session vouches for what it need not send again", try: resumed, options: []func(*ticker){func(s *ticker) { s.epoch = "e" }}},
		{name: "what cannot be read is told and harms nothing", try: unreadable},
		{name: "after some close codes the page waits for the user", try: finalCloses},
		{name: "after other close codes the page comes back", try: retriedCloses},
		{name: "the light is not green over a row that is not live", try: honestLight},
	})
}

func comesBack(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	live := color(d, "A")
	d.server.turnAway.Store(true)
	d.server.hangUp()
	d.WaitFor(linkIs("disconnected") + ` && /^retry in \d+ s$/.test(document.getElementById("retry").textContent)`)
	d.WaitFor(textIs("state", "Disconnected: the connection failed (1006)"))
	d.WaitFor(statusIs("A", "offline") + " && " + cellIs("A", "status", "offline") + " && " + cellIs("B", "status", "offline"))
	if dim := color(d, "A"); dim == live {
		d.t.Errorf("a row has the colour %s, live or not", dim)
	}
	d.server.turnAway.Store(false)
	d.server.session().quotes(quote("A", 2, "2", ""), quote("B", 2, "2", ""))
	d.WaitFor(linkIs("connected") + " && " + cellIs("A", "last", "2") + " && " + statusIs("B", "live"))
	d.WaitFor(textIs("conflated", "0"))
}

func color(d *dashboard, symbol string) string {
	var color string
	d.Eval(`getComputedStyle(`+row(symbol)+`.querySelector(".c-last")).color`, &color)
	return color
}

func dimUntilSent(d *dashboard) {
	d.quotes(quote("GONE", 100, "1", ""), quote("BACK", 100, "1", ""))
	d.WaitFor(statusIs("GONE", "live"))
	d.close(1011, "")
	again := d.server.session()
	again.quotes(quote("BACK", 3, "3", "")) // a new epoch counts from 1
	d.WaitFor(cellIs("BACK", "last", "3") + " && " + statusIs("BACK", "live"))
	d.WaitFor(statusIs("GONE", "offline") + " && " + cellIs("GONE", "status", "waiting"))
}

func finalCloses(d *dashboard) {
	page := d.session
	for code, why := range map[int]string{
		1002: "protocol error", 1003: "data type not supported", 1007: "invalid data",
		1008: "against the server’s policy", 1009: "message too large", 4101: "unauthorised", 4103: "forbidden",
	} {
		page.quotes(quote("A", 1, "1", ""))
		d.WaitFor(statusIs("A", "live"))
		dials := d.server.dials.Load()
		page.close(code, "bye")
		d.WaitFor(linkIs("closed") + " && " + textIs("state", fmt.Sprintf("Refused: %s (%d): bye", why, code)))
		d.WaitFor(statusIs("A", "offline") + " && " + textIs("retry", ""))
		// A first retry would come within 250 ms.
		d.Eval(`new Promise((resolve) => setTimeout(resolve, 400))`, nil)
		if now := d.server.dials.Load(); now != dials {
			d.t.Errorf("after %d the page connected %d times more", code, now-dials)
		}
		d.Eval(`document.getElementById("reconnect").click()`, nil)
		page = d.server.session()
	}
}

func retriedCloses(d *dashboard) {
	page := d.session
	for _, code := range []int{1001, 1011, 1013, 4001, 4008} {
		page.close(code, "")
		page = d.server.session()
		d.WaitFor(linkIs("connected"))
	}
}

func unreadable(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	for _, text := range []string{`{"type":`, `null`, `{"type":"event","channel":"quotes"}`} {
		d.send(text)
	}
	d.WaitFor(`document.getElementById("notice").textContent.includes("unreadable")`)
	d.quotes(quote("A", 2, "2", ""))
	d.WaitFor(cellIs("A", "last", "2") + " && " + linkIs("connected"))
	if dials := d.server.dials.Load(); dials != 1 {
		d.t.Errorf("the page connected %d times, want once", dials)
	}
}

func resumed(d *dashboard) {
	d.quotes(quote("A", 5, "1", ""), quote("B", 5, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	d.server.turnAway.Store(true)
	d.server.hangUp()
	d.WaitFor(linkIs("disconnected") + " && " + statusIs("A", "offline"))
	d.server.turnAway.Store(false)
	again := d.server.session()
	if c := again.next("subscribe"); c.Since != "c" {
		d.t.Errorf("the page came back with the cursor %q, want the last one", c.Since)
	}
	again.quotes(quote("B", 9, "2", ""))
	d.WaitFor(cellIs("B", "last", "2") + " && " + statusIs("B", "live"))
	d.WaitFor(statusIs("A", "live") + " && " + cellIs("A", "last", "1"))
}

// lampColor is the JavaScript for the colour of the lamp in the header.
const lampColor = `getComputedStyle(document.querySelector(".lamp")).backgroundColor`

func honestLight(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("B", "live") + " && " + textIs("doubt", ""))
	var green string
	d.Eval(lampColor, &green)
	isGreen := lampColor + " === " + js(green)
	d.quotes(quote("B", 2, "1", `,"status":"stale","reason":"silent"`))
	d.WaitFor(statusIs("B", "stale") + " && " + textIs("doubt", "1 of 2 not live") + " && !(" + isGreen + ")")
	d.quotes(quote("B", 3, "1", ""))
	d.WaitFor(textIs("doubt", "") + " && " + isGreen)
	d.close(1011, "")
	again := d.server.session()
	d.WaitFor(linkIs("connected") + " && " + textIs("doubt", "2 of 2 not live") + " && !(" + isGreen + ")")
	again.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(textIs("doubt", "") + " && " + isGreen)
}

func lessOften(d *dashboard) {
	frame := func(widened string, seq int) {
		d.send(fmt.Sprintf(`{"type":"event","channel":"quotes","cursor":"c"%s,"quotes":[{"symbol":"A","seq":%d,"bid":%d}]}`, widened, seq, seq))
	}
	frame(`,"widened":4`, 1)
	d.WaitFor(textIs("notice", "the server is overloaded: quotes come 4 times less often"))
	frame("", 2)
	d.WaitFor(textIs("notice", "the server is no longer overloaded"))
}

func drainingWait(d *dashboard) {
	d.send(`{"type":"event","channel":"system","event":"draining","reconnectAfter":"1m15s"}`)
	d.WaitFor(linkIs("connected") + " && " + textIs("notice", "the server is about to restart"))
	d.close(1001, "")
	// Without the server's word the first wait is a quarter of a second at most;
	// with it, it is as long as any may be.
	d.WaitFor(linkIs("disconnected") + ` && /^retry in (2\d|30) s$/.test(document.getElementById("retry").textContent)`)
	d.WaitFor(textIs("notice", ""))
	d.Eval(`document.getElementById("reconnect").click()`, nil)
	d.server.session()
	d.WaitFor(linkIs("connected") + ` && document.getElementById("reconnect").hidden`)
}

func silence(d *dashboard) {
	d.Eval(`globalThis.states = [], new MutationObserver(() => states.push(document.documentElement.dataset.link))
		.observe(document.documentElement, {attributeFilter: ["data-link"]}), null`, nil)
	d.server.session().send(`{"type":"event","channel":"system","event":"heartbeat","ts":1763740815000000,"cursor":"c"}`)
	d.WaitFor(`states.join().includes("late,disconnected,connecting,connected")`)
	d.WaitFor(textIs("heartbeat", "16:00:15 UTC"))
}

func chooseInterval(d *dashboard) {
	d.WaitFor(textIs("granted", "granted 500ms"))
	d.next("subscribe")
	d.Eval(`(() => {
		const select = document.getElementById("interval");
		select.value = "5s";
		select.dispatchEvent(new Event("change"));
	})()`, nil)
	if c := d.next("subscribe"); c.Interval != "5s" || len(c.Symbols) != 1 || c.Symbols[0] != "*" {
		d.t.Errorf("the page asked for %+v, want * at 5s", c)
	}
	d.close(1001, "")
	if c := d.server.session().next("subscribe"); c.Interval != "5s" {
		d.t.Errorf("after a reconnection the page asked for %s, want 5s", c.Interval)
	}
}

func signIn(d *dashboard) {
	d.close(4101, "no token within 5s")
	d.WaitFor(linkIs("closed") + ` && !document.getElementById("token-form").hidden`)
	d.Eval(`(() => {
		const form = document.getElementById("token-form");
		form.elements.token.value = "a.b.c";
		form.requestSubmit();
	})()`, nil)
	again := d.server.session()
	if c := again.next("auth"); c.Token != "a.b.c" {
		d.t.Errorf("the page sent the token %q", c.Token)
	}
	again.next("subscribe")
	d.WaitFor(linkIs("connected") + ` && document.getElementById("token-form").hidden`)
}

func rejected(d *dashboard) {
	d.WaitFor(textIs("notice", "* was rejected: forbidden"))
}
