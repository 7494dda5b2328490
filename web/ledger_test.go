package web

import (
	"testing"
)

func account(text string) []func(*ticker) {
	return []func(*ticker){func(s *ticker) { s.account.Store(text) }}
}

const balanced = `{"produced":1200,"delivered":300,"conflated":890,"pending":10,"frames":40,"bytes":91234,"ageMicros":{"p50":900,"p99":51000}}`

func TestLedger(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "the ledger is asked for while it is open", try: ledgerOpens, options: account(balanced)},
		{name: "a sum that is off is told", try: ledgerOff, options: account(`{"produced":1200,"delivered":300,"conflated":880,"pending":10,"frames":1,"bytes":1}`)},
		{name: "over SSE there is no ledger and it says so", try: ledgerOverSSE, options: blocked()},
	})
}

const ledgerNumbers = `[...document.querySelectorAll("#ledger dd")].map((dd) => dd.textContent).join("|")`

func ledgerOpens(d *dashboard) {
	d.WaitFor(`document.getElementById("ledger").hidden`)
	d.Press("l")
	d.WaitFor(ledgerNumbers + ` === "1,200|300|890|10|balances|40|91,234|900 µs|51.0 ms"`)
	d.WaitFor(`!document.getElementById("ledger").hidden && document.getElementById("open-ledger").ariaExpanded === "true"`)
	d.server.account.Store(`{"produced":5,"delivered":5,"conflated":0,"pending":0,"frames":1,"bytes":1,"ageMicros":{"p50":1,"p99":2000000}}`)
	d.WaitFor(ledgerNumbers + ` === "5|5|0|0|balances|1|1|1 µs|2.00 s"`)
	d.Press("Escape")
	d.WaitFor(`document.getElementById("ledger").hidden && document.getElementById("open-ledger").ariaExpanded === "false"`)
	d.Eval(`document.getElementById("open-ledger").click()`, nil)
	d.WaitFor(`!document.getElementById("ledger").hidden`)
	d.Eval(`document.getElementById("ledger-close").focus(), document.activeElement.click()`, nil)
	d.WaitFor(`document.getElementById("ledger").hidden && document.activeElement.id === "open-ledger"`)
	// One that is closed before its first answer does not go on either.
	d.Eval(`document.getElementById("open-ledger").click(), document.getElementById("open-ledger").click()`, nil)
	d.Eval(`new Promise((resolve) => setTimeout(resolve, 500))`, nil)
	for len(d.commands) > 0 {
		<-d.commands
	}
	d.Eval(`new Promise((resolve) => setTimeout(resolve, 2500))`, nil)
	for len(d.commands) > 0 {
		if c := <-d.commands; c.Resource == "session" {
			d.t.Error("a closed ledger asks")
		}
	}
	d.WaitFor(textIs("ledger-note", ""))
}

func ledgerOff(d *dashboard) {
	d.Press("l")
	d.WaitFor(ledgerNumbers + ` === "1,200|300|880|10|off by 10|1|1|–|–" && document.getElementById("ledger").classList.contains("off")`)
}

func ledgerOverSSE(d *dashboard) {
	d.Press("l")
	d.WaitFor(`document.getElementById("ledger-note").textContent.startsWith("Not available over SSE")`)
}
