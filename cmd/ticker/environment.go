package main

import (
	"errors"
	"io"
	"strings"
)

// environment is what the program has from outside.
type environment struct {
	args    []string
	environ []string // NAME=VALUE
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
}

// getenv returns an environment variable, empty if it is not set.
func (e *environment) getenv(name string) string {
	for i := len(e.environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(e.environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// usageError is a mistake of whoever called the program: exit code 2.
type usageError struct{ error }

// Unwrap returns the mistake.
func (e usageError) Unwrap() error { return e.error }

// exitCode returns the exit code that stands for an error.
func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return 2
	}
	return 1
}
