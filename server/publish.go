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

// publish hands the quotes of a command to the push feed, as an array: their
// places in it are their lines.
func (s *Server) publish(b *wire.Publish, g *auth.Grant) (wire.Result, *wire.Error) {
	array := append([]byte{'['}, bytes.Join(b.Quotes, []byte{','})...)
	return s.publishBody(append(array, ']'), g)
}

func (s *Server) publishBody(body []byte, g *auth.Grant) (wire.Result, *wire.Error) {
	if s.cfg.Publisher == nil {
		return nil, errNoPushFeed()
	}
	published, err := s.cfg.Publisher.Publish(body, mayPublish(g))
	if err != nil {
		return nil, refuse(wire.CodeUnavailable, "%v", err)
	}
	return &published, nil
}

func errNoPushFeed() *wire.Error {
	return refuse(wire.CodeUnavailable, "this server has no push feed")
}

// postQuotes serves POST /v1/quotes. The type of the content is not asked for:
// what the body is shows in its first byte. Nothing is read of the body of somebody who
// may not send it.
func (s *Server) postQuotes(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	if p := s.mayPost(r, g); p != nil {
		return p
	}
	if r.ContentLength > maxBody {
		return tooLarge(r)
	}
	b := &body{of: s.bodies, from: payerOf(r, g), most: maxBody}
	if r.ContentLength >= 0 {
		b.most = r.ContentLength
	}
	defer b.drop()
	p := s.readBody(w, r, b)
	// The time for the answer begins behind the body. An error is that of a connection
	// without deadlines, which needs no more time.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
	if p != nil {
		return p
	}
	if r.ContentLength >= 0 {
		w.Header().Del("Connection") // which is in step again
	}
	result, refusal := s.publishBody(b.text, g)
	if refusal != nil {
		return problemOf(refusal)
	}
	writeJSON(w, wire.JSON.AppendResult(nil, result))
	return nil
}

// mayPost judges what shows before the body is read.
func (s *Server) mayPost(r *http.Request, g *auth.Grant) *wire.Problem {
	_, refusal := s.queryOf(r)
	encoding := r.Header.Get("Content-Encoding")
	switch {
	case refusal != nil:
		return problemOf(refusal)
	// A page of any origin may send a plain body from its visitor's browser.
	case !s.origins().permit(r):
		return errOrigin()
	case !mayPublishAny(g):
		return wire.NewProblem(wire.CodeForbidden, "the credential may publish nothing")
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		return problem(http.StatusUnsupportedMediaType, wire.CodeBadRequest, "the body must not be encoded")
	case s.cfg.Publisher == nil:
		return problemOf(errNoPushFeed())
	}
	return nil
}

// readBody reads the body of a request.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, b *body) *wire.Problem {
	err := b.read(http.MaxBytesReader(w, r.Body, maxBody))
	var beyond *http.MaxBytesError
	var crowded *turnedAway
	switch {
	case errors.As(err, &beyond):
		return tooLarge(r)
	case errors.As(err, &crowded):
		b.drop()
		waste(r)
		return s.turnAway(w, crowded)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem(http.StatusRequestTimeout, wire.CodeTimeout, fmt.Sprintf("a request has %v to come in", requestTimeout))
	case err != nil:
		return wire.NewProblem(wire.CodeBadRequest, "the body ended early")
	}
	return nil
}

// tooLarge refuses a body.
func tooLarge(r *http.Request) *wire.Problem {
	waste(r)
	return wire.NewProblem(wire.CodeTooLarge, fmt.Sprintf("a body has at most %d bytes", maxBody))
}

// waste reads some more of a body that is refused, and throws it away. Most clients look
// for an answer only when they have sent everything, and see a connection that was reset if
// nobody took it. Those that ask first are told at once.
func waste(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxWaste) // the answer is the same
	}
}
