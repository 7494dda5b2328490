//go:build !linux

package server

import (
	"net"
	"time"
)

// tune leaves the options of the connection as they are.
func tune(*net.TCPConn, time.Duration) error { return nil }

func newTCPSocket(conn *net.TCPConn, limit time.Duration) (socket, error) {
	return &plainSocket{conn: conn, limit: limit}, nil
}
