package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"ticker/auth"
	"ticker/wire"
)

const (
	// maxBody is the longest body of a request.
	maxBody = 16 << 20
	// maxBodies is what the bodies that are held at one time may take together.
	maxBodies = 4 * maxBody
	// maxWaste is how much of a body over the limit is read to no purpose.
	maxWaste = 4 * maxBody
)

// publish hands the quotes of a command to the push feed, as an array: their
// places in it are their lines.
func (s *Server) publish(b *wire.Publish, g *auth.Grant) (wire.Result, *wire.Error) {
	array := append([]byte{'['}, bytes.Join(b.Quotes, []byte{','})...)
	return s.publishBody(append(array, ']'), g)
}

func (s *Server) publishBody(body []byte, g *auth.Grant) (wire.Result, *wire.Error) {
	if s.cfg.Publisher == nil {
		return nil, refuse(wire.CodeUnavailable, "this server has no push feed")
	}
	published, err := s.cfg.Publisher.Publish(body, mayPublish(g))
	if err != nil {
		return nil, refuse(wire.CodeUnavailable, "%v", err)
	}
	return &published, nil
}

// postQuotes serves POST /v1/quotes. The type of the content is not asked for:
// what the body is shows in its first byte.
func (s *Server) postQuotes(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	if _, refusal := s.queryOf(r); refusal != nil {
		return problemOf(refusal)
	}
	// A page of any origin may send a plain body from its visitor's browser.
	if !s.origins.permit(r) {
		return errOrigin()
	}
	encoding := r.Header.Get("Content-Encoding")
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return problem(http.StatusUnsupportedMediaType, wire.CodeBadRequest, "the body must not be encoded")
	}
	size := r.ContentLength
	if size < 0 {
		size = maxBody
	}
	switch {
	case size > maxBody:
		return tooLarge(r)
	case !s.bodies.TryAcquire(size):
		return s.turnAway(w, errBodies)
	}
	defer s.bodies.Release(size)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	// The time for the answer begins behind the body. An error is that of a connection
	// without deadlines, which needs no more time.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
	var beyond *http.MaxBytesError
	switch {
	case errors.As(err, &beyond):
		return tooLarge(r)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem(http.StatusRequestTimeout, wire.CodeTimeout, fmt.Sprintf("a request has %v to come in", requestTimeout))
	case err != nil:
		return wire.NewProblem(wire.CodeBadRequest, "the body ended early")
	}
	result, refusal := s.publishBody(body, g)
	if refusal != nil {
		return problemOf(refusal)
	}
	writeJSON(w, wire.JSON.AppendResult(nil, result))
	return nil
}

// tooLarge refuses a body. Most clients look for an answer only when they have
// sent everything, and see a connection that was reset if nobody took it; so
// some more is read, and thrown away. Those that ask first are told at once.
func tooLarge(r *http.Request) *wire.Problem {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxWaste) // the answer is the same
	}
	return wire.NewProblem(wire.CodeTooLarge, fmt.Sprintf("a body has at most %d bytes", maxBody))
}
