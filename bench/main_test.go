package bench_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ticker/bench"
)

// role tells a process of the test program to be a part of a measurement.
const role = "BENCH_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
			http.DefaultClient.CloseIdleConnections()
			os.Exit(code)
		}))
	case "play":
		os.Exit(play(os.Args[1:]))
	}
}

// play is a server when it is started like one, and else a crowd. What it does
// wrong stands in the name of the server, or in the arguments of the crowd.
func play(args []string) int {
	if args[0] == "crowd" {
		return playCrowd(args[1])
	}
	return playServer(args[0])
}

// playServer is a peer that counts a thousand quotes every time it is asked.
func playServer(name string) int {
	quotes := 0
	if name == "hub" {
		say("the market is closed")
		return 1
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with its process
	if err != nil {
		return 1
	}
	go func() {
		_ = http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { //nolint:gosec // for one test
			quotes += 1000
			_, _ = fmt.Fprintf(w, `{"quotes":%d}`, quotes)
		}))
	}()
	say("a line of the log")
	say(fmt.Sprintf(`{"url":"ws://%s/","stats":"http://%s/stats"}`, ln.Addr(), ln.Addr()))
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt)
	<-end
	return 0
}

// playCrowd answers every order.
func playCrowd(fault string) int {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var order bench.Order
		if json.Unmarshal(lines.Bytes(), &order) != nil {
			return 3
		}
		switch {
		case fault == "dies":
			fmt.Fprintln(os.Stderr, "no room left")
			return 3
		case fault == "babbles":
			say("good morning")
		case order.Connect != nil:
			answer(bench.Reply{Connected: order.Connect.Clients - 1, Faults: map[string]int{"refused": 1}})
		case fault == "forgets":
			answer(bench.Reply{})
		default:
			t := bench.Tally{Clients: 1, Frames: 2, Updates: 3, Ages: bench.NewAges(), Freshest: bench.NewAges()}
			t.Ages.Add(int64(len(strings.TrimSpace(lines.Text()))))
			answer(bench.Reply{Tally: &t})
		}
	}
	return 0
}

func answer(r bench.Reply) {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	say(string(text))
}

// say writes a line where the harness reads.
func say(line string) { _, _ = fmt.Fprintln(os.Stdout, line) }
