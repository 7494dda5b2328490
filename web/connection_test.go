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
		{name: "silence first warns and then reconnects", try: silence, options: mute("400ms")},
		{name: "an interval can be chosen and what was granted is told", try: chooseInterval, options: granting("500ms")},
		{name: "a server that wants a token gets one", try: signIn},
		{name: "a rejected subscription is told", try: rejected},
	})
}

func TestCloseCodesDecideWhetherToReconnect(t *testing.T) {
	t.Parallel()
	rules := []rule{
		{name: "what is not JSON is a failure", try: unreadable(`{"type":`)},
		{name: "what is no object is a failure", try: unreadable(`null`)},
		{name: "quotes without a list are a failure", try: unreadable(`{"type":"event","channel":"quotes"}`)},
	}
	for code, why := range map[int]string{
		1002: "protocol error", 1003: "data type not supported", 1007: "invalid data",
		1008: "against the server’s policy", 1009: "message too large", 4101: "unauthorised", 4103: "forbidden",
	} {
		rules = append(rules, rule{name: fmt.Sprintf("%d is final", code), try: finalClose(code, why)})
	}
	for _, code := range []int{1001, 1011, 1013, 4001, 4008} {
		rules = append(rules, rule{name: fmt.Sprintf("%d is retried", code), try: retriedClose(code)})
	}
	runRules(t, rules)
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
	d.WaitFor(linkIs("live") + " && " + cellIs("A", "last", "2") + " && " + statusIs("B", "live"))
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

func finalClose(code int, why string) func(*dashboard) {
	return func(d *dashboard) {
		d.quotes(quote("A", 1, "1", ""))
		d.WaitFor(statusIs("A", "live"))
		d.close(code, "bye")
		d.WaitFor(linkIs("refused") + " && " + textIs("state", fmt.Sprintf("Refused: %s (%d): bye", why, code)))
		d.WaitFor(statusIs("A", "offline") + " && " + textIs("retry", ""))
		// A first retry would come within 250 ms.
		d.Eval(`new Promise((resolve) => setTimeout(resolve, 500))`, nil)
		if dials := d.server.dials.Load(); dials != 1 {
			d.t.Errorf("the page connected %d times, want once", dials)
		}
	}
}

func retriedClose(code int) func(*dashboard) {
	return func(d *dashboard) {
		d.close(code, "")
		d.server.session()
		d.WaitFor(linkIs("live"))
	}
}

func unreadable(text string) func(*dashboard) {
	return func(d *dashboard) {
		d.send(text)
		d.server.session()
		d.WaitFor(linkIs("live"))
	}
}

func drainingWait(d *dashboard) {
	d.send(`{"type":"event","channel":"system","event":"draining","reconnectAfter":"1m15s"}`)
	d.WaitFor(linkIs("live") + " && " + textIs("notice", "The server is about to restart."))
	d.close(1001, "")
	// Without the server's word the longest wait is 30 s.
	d.WaitFor(linkIs("disconnected") + ` && /^retry in 7\d s$/.test(document.getElementById("retry").textContent)`)
	d.WaitFor(textIs("notice", ""))
	d.Eval(`document.getElementById("reconnect").click()`, nil)
	d.server.session()
	d.WaitFor(linkIs("live") + ` && document.getElementById("reconnect").hidden`)
}

func silence(d *dashboard) {
	d.Eval(`globalThis.states = [], new MutationObserver(() => states.push(document.documentElement.dataset.link))
		.observe(document.documentElement, {attributes: true}), null`, nil)
	d.server.session().send(`{"type":"event","channel":"system","event":"heartbeat","ts":1763740815000000,"cursor":"c"}`)
	d.WaitFor(`states.join().includes("stale,disconnected,connecting,live")`)
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
	d.WaitFor(linkIs("refused") + ` && !document.getElementById("token-form").hidden`)
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
	d.WaitFor(linkIs("live") + ` && document.getElementById("token-form").hidden`)
}

func rejected(d *dashboard) {
	d.send(`{"type":"response","id":"subscribe","result":{"interval":"250ms","subscribed":[],"rejected":[{"symbol":"*","code":"forbidden"}]}}`)
	d.WaitFor(linkIs("refused") + " && " + textIs("state", "Refused: the subscription was rejected: forbidden"))
}
