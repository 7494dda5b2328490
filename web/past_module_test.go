package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPast(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "after a sleep what was missed is fetched, or all anew", try: afterSleep},
		{name: "a page that nobody looks at asks nothing", try: hiddenPage},
		{name: "without the server's clock nothing is asked", try: withoutClock},
		{name: "pages end where candles are many enough", try: pagesEnd},
		{name: "a page that failed is asked for again once history answers", try: owedPage},
		{name: "while history is behind it is asked from the first trade it lacks", try: doubtedTrade},
		{name: "closing ends what is under way", try: closedPast},
		{name: "every problem has its state", try: problemStates},
	})
}

// openPast makes the global variables past, candles and clock: a history of
// one-second candles at a time that the test decides. It is asked by a client of
// its own.
func (d *dashboard) openPast(symbol, now string) {
	d.t.Helper()
	d.Eval(fmt.Sprintf(`Promise.all(["past", "candles", "sdk/ticker"].map((name) => import("/" + name + ".js"))).then(
		async ([{Past}, {Candles, steps}, {TickerClient}]) => {
			globalThis.clock = {nowMicros: %s};
			globalThis.candles = new Candles(steps[0]);
			const client = new TickerClient(new URL("/", location).href, {decimals: "string"});
			client.serverTime = () => clock.nowMicros;
			client.connect();
			await client.ready();
			globalThis.past = new Past({client, symbol: %s, step: steps[0], candles, onChange() {}});
		})`, now, js(symbol)), nil)
}

func pastIs(state string) string { return "past.state.name === " + js(state) }

// asked waits for so many questions up to a time, which is that of the page's
// clock when it asked, and returns them.
func (d *dashboard) asked(to int64, count int) []question {
	d.t.Helper()
	for late := time.After(20 * time.Second); ; {
		list := slices.DeleteFunc(d.server.past.questions(), func(q question) bool { return q.to != to })
		if len(list) >= count {
			return list
		}
		select {
		case <-late:
			d.t.Fatalf("%d of %d questions up to %d came", len(list), count, to)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

const second = int64(1e6)

// noon is a time of the server's clock.
const noon = 1_795_305_600 * second

func afterSleep(d *dashboard) {
	d.server.past.tell(trade{noon - 100*second, 100, 1}, trade{noon + 87_000*second, 100, 1})
	d.openPast("A", fmt.Sprint(noon+second/2))
	if diff := cmp.Diff(question{symbol: "A", from: noon - 298*second, to: noon + 2*second, step: second}, d.asked(noon+2*second, 1)[0], cmp.AllowUnexported(question{})); diff != "" {
		d.t.Errorf("first question (-want +got):\n%s", diff)
	}
	d.WaitFor(pastIs("ready") + " && candles.list.length === 1")
	for _, tc := range []struct {
		sleep, from int64 // after the time of the question before
	}{
		{2 * second, -4 * second},          // what may have changed since
		{600 * second, -4 * second},        // a gap
		{86_400 * second, 86_102 * second}, // too long a gap
		{second, -4 * second},
	} {
		var before int64
		d.Eval(fmt.Sprintf(`(() => { const before = clock.nowMicros; clock.nowMicros += %d; past.wake(); return before; })()`, tc.sleep), &before)
		if got, want := d.asked(floor(before+tc.sleep)+2*second, 1)[0].from, floor(before+tc.from); got != want {
			d.t.Errorf("after a sleep of %d s the page asked from %d µs after the time before, want %d", tc.sleep/second, got-before, want-before)
		}
		d.WaitFor(`candles.list.length === 1`)
	}
}

func floor(at int64) int64 { return at - at%second }

func hiddenPage(d *dashboard) {
	d.Eval(`Object.defineProperty(document, "hidden", {value: true, configurable: true}), null`, nil)
	d.openPast("A", fmt.Sprint(noon))
	d.Eval(`new Promise((resolve) => setTimeout(resolve, 400))`, nil)
	if asked := d.server.past.questions(); len(asked) != 0 {
		d.t.Errorf("hidden, the page asked %v", asked)
	}
	d.Eval(`delete document.hidden, document.dispatchEvent(new Event("visibilitychange")), null`, nil)
	d.WaitFor(pastIs("ready"))
}

func withoutClock(d *dashboard) {
	d.openPast("A", "null")
	d.Eval(`new Promise((resolve) => setTimeout(resolve, 400))`, nil)
	if asked := d.server.past.questions(); len(asked) != 0 {
		d.t.Errorf("without a clock the page asked %v", asked)
	}
	d.Eval(fmt.Sprintf(`clock.nowMicros = %d, null`, noon), nil)
	d.WaitFor(pastIs("ready"))
}

func pagesEnd(d *dashboard) {
	d.server.past.tell(walk(time.UnixMicro(noon), time.Second, 6000)...)
	d.openPast("A", fmt.Sprint(noon))
	d.WaitFor(pastIs("ready"))
	d.Eval(`(async () => { for (let i = 0; i < 30; i++) await past.earlier(); })()`, nil)
	d.WaitFor(`candles.list.length === 5000`)
	if pages := len(d.server.past.questions()); pages > 25 {
		d.t.Errorf("%d questions were asked for 5,000 candles of 300 a page", pages)
	}
}

func owedPage(d *dashboard) {
	d.server.past.tell(walk(time.UnixMicro(noon), time.Second, 500)...)
	d.openPast("A", fmt.Sprint(noon))
	d.WaitFor(pastIs("ready") + ` && candles.list.length < 300`)
	d.server.past.fail(503, "unavailable", "the store is away")
	d.Eval(`past.earlier()`, nil)
	d.WaitFor(pastIs("unavailable") + ` && candles.list.length < 300`)
	d.server.past.fail(0, "", "")
	d.WaitFor(pastIs("ready") + ` && candles.list.length === 500`)
}

func doubtedTrade(d *dashboard) {
	d.server.past.tell(trade{noon - 100*second, 100, 1})
	d.openPast("A", fmt.Sprint(noon))
	d.WaitFor(pastIs("ready"))
	d.Eval(fmt.Sprintf(`candles.observe({last: "1", recv: %d}), candles.observe({last: "2", recv: %d}), clock.nowMicros += 60e6, past.wake()`,
		noon-50*second, noon-49*second), nil)
	for i, q := range d.asked(noon+62*second, 2) {
		if q.from != noon-50*second {
			d.t.Errorf("question %d is from %d µs after noon, want from the record before the trade", i, q.from-noon)
		}
	}
	d.WaitFor(`candles.list.length === 2`)
	d.server.past.tell(trade{noon - 49*second, 200, 7})
	d.WaitFor(`candles.list.length === 2 && candles.list[1].volume === "7" && candles.doubted === Infinity`)
}

func closedPast(d *dashboard) {
	d.server.past.tell(trade{noon - second, 100, 1})
	d.openPast("A", fmt.Sprint(noon))
	d.WaitFor(pastIs("ready"))
	d.Eval(`past.close(), new Promise((resolve) => setTimeout(resolve, 500))`, nil)
	last := len(d.server.past.questions())
	d.Eval(`past.wake(), past.earlier(), new Promise((resolve) => setTimeout(resolve, 2500))`, nil)
	if now := len(d.server.past.questions()); now > last {
		d.t.Errorf("after closing the page asked %d times more", now-last)
	}
}

func problemStates(d *dashboard) {
	for _, tc := range []struct {
		status             int
		code, detail, want string
	}{
		{404, "not_found", "unknown symbol", `{"name":"missing","why":"unknown symbol"}`},
		{503, "unavailable", "history is off on this server", `{"name":"off","why":"history is off on this server"}`},
		{503, "unavailable", "the store is away", `{"name":"unavailable","why":"the store is away"}`},
		{504, "timeout", "", `{"name":"unavailable","why":"timeout"}`},
		{429, "rate_limited", "slower", `{"name":"unavailable","why":"slower"}`},
		{400, "bad_request", "no", `{"name":"refused","why":"no"}`},
		{401, "unauthorized", "who?", `{"name":"refused","why":"who?"}`},
		{403, "forbidden", "no", `{"name":"refused","why":"no"}`},
	} {
		d.server.past.fail(tc.status, tc.code, tc.detail)
		d.openPast("A", fmt.Sprint(noon))
		d.WaitFor(`past.state.name !== "loading"`)
		var got json.RawMessage
		d.Eval(`past.close(), past.state`, &got)
		if string(got) != tc.want {
			d.t.Errorf("%d %s %q is %s, want %s", tc.status, tc.code, tc.detail, got, tc.want)
		}
	}
}
