package server

import (
	"fmt"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/wire"
)

type metrics struct {
	closes   *prometheus.CounterVec
	commands *prometheus.CounterVec
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
	}
	for _, c := range []prometheus.Collector{m.closes, m.commands} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
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
