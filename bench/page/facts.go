package page

import (
	"slices"
	"strings"

	"ticker/bench"
)

// fact is a property and its value, as the head of the page lists them.
type fact struct{ Name, Value string }

// machineFacts describes where a report was made, as far as it is known.
func machineFacts(m *bench.Machine) []fact {
	all := []fact{{"CPU", m.CPU}, {"Cores", ""}, {"Memory", ""}, {"Kernel", m.Kernel}, {"Go", m.Go}, {"Commit", m.Commit}}
	if m.Cores > 0 {
		all[1].Value = whole(m.Cores)
	}
	if m.Memory > 0 {
		all[2].Value = octets().short(float64(m.Memory))
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

// aspect is one property of a load. Its text is empty where the load does not
// use it.
type aspect struct {
	name string
	text func(*bench.Load) string
}

// aspects lists what a load consists of, but for its seed.
func aspects() []aspect {
	return []aspect{
		{"Clients", func(l *bench.Load) string { return whole(l.Clients) }},
		{"Symbols", func(l *bench.Load) string { return whole(l.Symbols) }},
		{"Active symbols", func(l *bench.Load) string { return unlessZero(l.Active, "") }},
		{"Subscriptions", subscriptionsText},
		{"Quotes", func(l *bench.Load) string { return whole(l.Rate) + "/s" }},
		{"Interval", func(l *bench.Load) string { return l.Interval.String() }},
		{"Measured", func(l *bench.Load) string { return l.Duration.String() }},
		{"Fields", fieldsText},
		{"Encoding", encodingText},
		{"Slow clients", func(l *bench.Load) string { return unlessZero(l.Slow, "") }},
		{"Slow clients read", func(l *bench.Load) string { return unlessZero(l.ReadRate, " B/s") }},
	}
}

func unlessZero(n int, suffix string) string {
	if n == 0 {
		return ""
	}
	return whole(n) + suffix
}

func subscriptionsText(l *bench.Load) string {
	if l.Subscriptions == 0 {
		return "every symbol"
	}
	return whole(l.Subscriptions) + " each"
}

func fieldsText(l *bench.Load) string {
	if len(l.Fields) == 0 {
		return "all"
	}
	return strings.Join(l.Fields, ", ")
}

func encodingText(l *bench.Load) string {
	text := "JSON"
	if l.MsgPack {
		text = "MessagePack"
	}
	if l.Delta {
		text += ", differences"
	}
	return text
}

// sayOf writes the aspect of a load for a sentence: clients 2,000.
func (a *aspect) sayOf(l *bench.Load) string {
	text := a.text(l)
	if text == "" {
		text = "none"
	}
	return strings.ToLower(a.name) + " " + text
}

// textsOf returns the different texts of the aspect, in order of appearance.
func (a *aspect) textsOf(results []bench.Result) []string {
	var texts []string
	for i := range results {
		if text := a.text(&results[i].Load); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// varyingAspects returns the aspects in which the loads of results differ.
func varyingAspects(results []bench.Result) []aspect {
	return slices.DeleteFunc(aspects(), func(a aspect) bool { return len(a.textsOf(results)) < 2 })
}

// loadFacts describes the loads of all results: one value where they agree, the
// first and the last where they do not.
func loadFacts(results []bench.Result) []fact {
	var facts []fact
	for _, a := range aspects() {
		texts := slices.DeleteFunc(a.textsOf(results), func(text string) bool { return text == "" })
		switch n := len(texts); n {
		case 0:
		case 1:
			facts = append(facts, fact{a.name, texts[0]})
		default:
			facts = append(facts, fact{a.name, texts[0] + " … " + texts[n-1]})
		}
	}
	return facts
}
