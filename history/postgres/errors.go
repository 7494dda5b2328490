package postgres

import (
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// States of SQL that something is decided by, as PostgreSQL's manual lists them
// in its appendix of error codes.
const (
	uniqueViolation   = "23505"
	checkViolation    = "23514"
	readOnly          = "25006"
	classConnection   = "08"
	classData         = "22"
	classIntegrity    = "23"
	classIntervention = "57P"
)

// state returns the state of SQL that an error carries, empty for one that did
// not come from the server.
func state(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

// isDuplicate reports whether a row was there already.
func isDuplicate(err error) bool { return state(err) == uniqueViolation }

// isSample reports whether the server refused a value, as it would again. A
// check that failed is none: the only ones there are say that an operator took
// away a day that this program still lists.
func isSample(err error) bool {
	s := state(err)
	return strings.HasPrefix(s, classData) ||
		strings.HasPrefix(s, classIntegrity) && s != uniqueViolation && s != checkViolation
}

// serverGone reports whether an error says something about the server, rather
// than about what it was asked: the connection broke, an operator or a crash
// ended the session, or it takes no writes (any more).
func serverGone(err error) bool {
	if s := state(err); s != "" {
		return s == readOnly || strings.HasPrefix(s, classConnection) || strings.HasPrefix(s, classIntervention)
	}
	var broken net.Error
	return errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
