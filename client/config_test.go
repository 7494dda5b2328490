package client

import "testing"

func TestURLLeadsToTheRoute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, socket, snapshot string }{
		{"http://host:8080", "ws://host:8080/v1/ws", "http://host:8080/v1/snapshot"},
		{"https://host/", "wss://host/v1/ws", "https://host/v1/snapshot"},
		{"ws://host/v1/ws", "ws://host/v1/ws", "http://host/v1/snapshot"},
		{"wss://host/quotes/v1/ws/", "wss://host/quotes/v1/ws", "https://host/quotes/v1/snapshot"},
		{"https://host/stream?token=t#part", "wss://host/stream?token=t", "https://host/stream/v1/snapshot?token=t"},
	} {
		socket, err := webSocketURL(c.base)
		if err != nil || socket.String() != c.socket {
			t.Errorf("WebSocket of %s is %v, %v, want %s", c.base, socket, err, c.socket)
		}
		snapshot, err := routeURL(c.base, pathSnapshot)
		if err != nil || snapshot.String() != c.snapshot {
			t.Errorf("snapshot of %s is %v, %v, want %s", c.base, snapshot, err, c.snapshot)
		}
	}
}
