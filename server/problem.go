package server

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"ticker/wire"
)

func problem(status int, code wire.Code, detail string) *wire.Problem {
	return &wire.Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// problemOf is what an error message becomes over HTTP.
func problemOf(e *wire.Error) *wire.Problem { return wire.NewProblem(e.Code, e.Message) }

// later refuses for now.
func later(w http.ResponseWriter, detail string) *wire.Problem {
	retryAfter(w, 0)
	return wire.NewProblem(wire.CodeUnavailable, detail)
}

// retryAfter tells when to come back, not before a time to wait is over. It is spread, or
// all who were refused together would come back together.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	const soonest, spread = 2, 8 // seconds
	whole := int((wait + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(max(soonest, whole)+rand.IntN(spread)))
}

// refuseHTTP answers with a problem document.
func refuseHTTP(w http.ResponseWriter, p *wire.Problem) {
	w.Header().Set("Content-Type", wire.ProblemType)
	w.WriteHeader(p.Status)
	write(w, append(p.Append(nil), '\n'))
}

func writeJSON(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "application/json")
	write(w, text)
}

// write writes a part of an answer. A client that is gone needs none.
func write(w http.ResponseWriter, text []byte) { _, _ = w.Write(text) }
