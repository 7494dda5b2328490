package server

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/wire"
)

type metrics struct {
	closes   *prometheus.CounterVec
	commands *prometheus.CounterVec
	refusals *prometheus.CounterVec
	problems *prometheus.CounterVec
	pressure *prometheus.GaugeVec
	shed     prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		closes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_session_closes_total",
			Help: "Sessions that ended, by the WebSocket close code that either side gave; 1006 is none at all.",
		}, []string{"code"}),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_commands_total",
			Help: "Messages of clients, by what they asked for and the code of the answer.",
		}, []string{"action", "result"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_refusals_total",
			Help: "Connections, sessions and requests that found no room, by the bound that they met.",
		}, []string{"reason"}),
		problems: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_http_problems_total", Help: "Requests that were answered with a problem, by its status.",
		}, []string{"status"}),
		pressure: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ticker_pressure", Help: "How much of a resource is in use, 1 for all of it.",
		}, []string{"resource"}),
		shed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ticker_sessions_shed_total", Help: "Sessions that were closed because a resource ran short.",
		}),
	}
	for _, why := range reasons() {
		m.refusals.WithLabelValues(why.reason)
	}
	for _, c := range []prometheus.Collector{m.closes, m.commands, m.refusals, m.problems, m.pressure, m.shed} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) turnedAway(why *turnedAway) { m.refusals.WithLabelValues(why.reason).Inc() }

// refuse answers a request with a problem, and counts it.
func (m *metrics) refuse(w http.ResponseWriter, p *wire.Problem) {
	m.problems.WithLabelValues(strconv.Itoa(p.Status)).Inc()
	refuseHTTP(w, p)
}

// closed counts the end of a session. A client may send any code; those that
// are not in the protocol are one label.
func (m *metrics) closed(code wire.CloseCode) {
	label := "other"
	switch code {
	case closeNormal, closeNoStatus, closeAbnormal,
		wire.CloseGoingAway, wire.CloseInternal, wire.CloseOverloaded, wire.CloseTokenExpired, wire.CloseStalled,
		wire.CloseProtocol, wire.CloseDataType, wire.CloseBadUTF8, wire.ClosePolicy, wire.CloseTooLarge,
		wire.CloseUnauthorized, wire.CloseForbidden:
		label = strconv.Itoa(int(code))
	}
	m.closes.WithLabelValues(label).Inc()
}

// command counts the answer to a message. Its body is nil if it was not
// understood, the refusal if it was served.
func (m *metrics) command(body wire.Body, refusal *wire.Error) {
	action, result := "unknown", "ok"
	if body != nil {
		action = body.Verb()
	}
	if refusal != nil {
		result = string(refusal.Code)
	}
	m.commands.WithLabelValues(action, result).Inc()
}
