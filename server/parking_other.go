//go:build !linux

package server

import (
	"errors"
	"net"
	"time"
)

// parking is not there on this system: every session keeps the goroutine that
// reads.
type parking struct{}

func openParking() (*parking, error) { return nil, nil }

func (*parking) close() error { return nil }

func (*parking) park(*net.TCPConn, uint64) error { return errors.ErrUnsupported }

func (*parking) waitUntil(time.Time) error { return errors.ErrUnsupported }

func (*parking) wait(numbers []uint64) ([]uint64, error) {
	return numbers, errors.ErrUnsupported
}
