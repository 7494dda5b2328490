package server_test

import (
	"net/http"
	"strings"
	"testing"

	"ticker/server"
	"ticker/wire"
)

func TestStreamsAndPollsThatAreAskedForWronglyAreToldWhy(t *testing.T) {
	t.Parallel()
	r := overTCP(t, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Symbols = 3 })
	const both, stream, polls = "sse poll", "sse", "poll"
	tooLong := strings.Repeat("x", wire.MaxCursorBytes+1)
	for name, c := range map[string]struct {
		routes, query string
		code          wire.Code
	}{
		"no symbols":                    {both, "", "bad_request"},
		"symbols that are empty":        {both, "symbols=", "bad_request"},
		"a symbol that is empty":        {both, "symbols=A,,B", "bad_symbol"},
		"a symbol in lower case":        {both, "symbols=A,b", "bad_symbol"},
		"a symbol with a control":       {both, "symbols=A%1b%5b2J", "bad_symbol"},
		"a symbol with dots and arrows": {both, "symbols=A%3e", "bad_symbol"},
		"a symbol that is too long":     {both, "symbols=" + strings.Repeat("A", 33), "bad_symbol"},
		"a pattern with two stars":      {both, "symbols=A**", "bad_symbol"},
		"a star in the middle":          {both, "symbols=A*B", "bad_symbol"},
		"too many symbols":              {both, "symbols=A,B,C,D", "too_many_symbols"},
		"symbols twice":                 {both, "symbols=A&symbols=B", "bad_request"},
		"a parameter that is unknown":   {both, "symbols=A&token=x", "bad_request"},
		"a parameter in another case":   {both, "Symbols=A", "bad_request"},
		"a broken escape":               {both, "symbols=%zz", "bad_request"},
		"a semicolon":                   {both, "symbols=A;interval=1s", "bad_request"},
		"an interval of a word":         {both, "symbols=A&interval=fast", "bad_request"},
		"an interval without a unit":    {both, "symbols=A&interval=250", "bad_request"},
		"an interval that is empty":     {both, "symbols=A&interval=", "bad_request"},
		"an interval twice":             {both, "symbols=A&interval=1s&interval=1s", "bad_request"},
		"an unknown field":              {both, "symbols=A&fields=bid,bod", "bad_request"},
		"a field that is no value":      {both, "symbols=A&fields=status", "bad_request"},
		"fields that are empty":         {both, "symbols=A&fields=", "bad_request"},
		"an unknown mode":               {both, "symbols=A&mode=diff", "bad_request"},
		"a mode that is empty":          {both, "symbols=A&mode=", "bad_request"},
		"an envelope of a word":         {both, "symbols=A&envelope=yes", "bad_request"},
		"an envelope that is empty":     {both, "symbols=A&envelope=", "bad_request"},
		"an envelope of a poll":         {polls, "symbols=A&envelope=true", "bad_request"},
		"bandwidth of a word":           {stream, "symbols=A&bandwidth=fast", "bad_request"},
		"bandwidth that is empty":       {stream, "symbols=A&bandwidth=", "bad_request"},
		"bandwidth below 0":             {stream, "symbols=A&bandwidth=-1", "bad_request"},
		"bandwidth with a fraction":     {stream, "symbols=A&bandwidth=1.5", "bad_request"},
		"bandwidth beyond all numbers":  {stream, "symbols=A&bandwidth=9223372036854775807", "bad_request"},
		"bandwidth of a poll":           {polls, "symbols=A&bandwidth=1", "bad_request"},
		"since of a poll":               {polls, "symbols=A&since=x", "bad_request"},
		"a place that is absurd":        {stream, "symbols=A&since=" + tooLong, "bad_request"},
		"a cursor that is absurd":       {polls, "symbols=A&cursor=" + tooLong, "bad_request"},
		"a cursor of a stream":          {stream, "symbols=A&cursor=x", "bad_request"},
		"a wait of a stream":            {stream, "symbols=A&wait=1s", "bad_request"},
		"a wait of a word":              {polls, "symbols=A&wait=long", "bad_request"},
		"a wait without a unit":         {polls, "symbols=A&wait=25", "bad_request"},
		"a wait that is empty":          {polls, "symbols=A&wait=", "bad_request"},
		"a wait below 0":                {polls, "symbols=A&wait=-1s", "bad_request"},
		"a wait above a minute":         {polls, "symbols=A&wait=60001ms", "bad_request"},
		"a wait twice":                  {polls, "symbols=A&wait=1s&wait=2s", "bad_request"},
	} {
		for route := range strings.FieldsSeq(c.routes) {
			t.Run(name+" "+route, func(t *testing.T) {
				t.Parallel()
				got := r.tryOut(route, c.query)
				if p := got.problem(t); p.Status != http.StatusBadRequest || p.Code != c.code || p.Detail == "" {
					t.Errorf("%+v, want %s", p, c.code)
				}
				if len(got.body) > 500 || strings.ContainsAny(got.body, "\x00\x1b") {
					t.Errorf("what the client wrote comes back: %q", got.body)
				}
			})
		}
	}
}

// tryOut makes a request for a stream or a poll, and does not read a stream that it
// is given.
func (r *rig) tryOut(route, query string, headers ...string) answer {
	r.t.Helper()
	if route == "sse" {
		_, got := r.askEvents(query, headers...)
		return got
	}
	return r.get("/v1/"+route+"?"+query, headers...)
}

func TestStreamsAndPollsTakeWhatMakesSense(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		sleep(ms)
		for query, interval := range map[string]string{
			"symbols=A":                                      "100ms",
			"symbols=A,A,A":                                  "100ms",
			"symbols=%41%2C*":                                "100ms",
			"symbols=A&interval=0s":                          "20ms",
			"symbols=A&interval=-5s":                         "20ms",
			"symbols=A&interval=1h":                          "60s",
			"symbols=A&interval=99999999999h":                "60s",
			"symbols=A&interval=1.5s":                        "1.5s",
			"symbols=A&mode=full&envelope=false":             "100ms",
			"symbols=A&fields=bid":                           "100ms",
			"symbols=A&fields=bid,bid,last":                  "100ms",
			"mode=delta&symbols=A&interval=250ms&fields=bid": "250ms",
		} {
			s := r.events(query)
			if got := string(wire.JSON.AppendResult(nil, &s.subscribed)); !strings.HasPrefix(got, `{"interval":"`+interval+`"`) {
				t.Errorf("%s is granted %s", query, got)
			}
			s.quotes()
			if p := r.poll(query); p.Records[0].Symbol != "A" || p.took != 0 {
				t.Errorf("%s brings %v after %v", query, p.found(), p.took)
			}
		}
		for _, bandwidth := range []string{"0", "1000000", "9223372036854775806"} {
			r.events("symbols=A&bandwidth=" + bandwidth).quotes()
		}
	})
}

func TestOnlyAGetOfABoundedURLOpensAStreamOrPolls(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for _, route := range []string{"sse", "poll"} {
		target := "/v1/" + route + "?symbols=A"
		for _, method := range []string{http.MethodPost, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			got := r.request(method, target, "")
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET" {
				t.Errorf("%s %s: %+v", method, route, got)
			}
		}
		got := r.get(target + strings.Repeat(",A", 2<<10))
		if p := got.problem(t); p.Status != http.StatusRequestURITooLong || p.Code != wire.CodeBadRequest {
			t.Errorf("%s: %+v", route, got)
		}
	}
	if got := r.metric(`ticker_sessions{transport="sse"}`); got != "0" {
		t.Errorf("%s sessions", got)
	}
}

func TestPagesOfForeignOriginsHaveNeitherStreamsNorPolls(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withOrigins("https://app.example.com"))
	r.quote("A", 1)
	_, port, _ := strings.Cut(r.addr, ":")
	for name, c := range map[string]struct {
		headers []string
		allowed string // what pages may read the answer, if they are not our own
		status  int
	}{
		"none":            {nil, "", 200},
		"our own":         {[]string{"Origin", "http://" + r.addr}, "", 200},
		"listed":          {[]string{"Origin", "https://app.example.com"}, "https://app.example.com", 200},
		"foreign":         {[]string{"Origin", "https://evil.example.com"}, "", 403},
		"look-alike":      {[]string{"Origin", "https://app.example.com.evil.com"}, "", 403},
		"null":            {[]string{"Origin", "null"}, "", 403},
		"two of them":     {[]string{"Origin", "https://app.example.com", "Origin", "https://evil.com"}, "", 403},
		"name of nothing": {[]string{"Origin", "http://evil.com:" + port, "Host", "evil.com:" + port}, "", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.status == http.StatusOK {
				s, got := r.askEvents("symbols=A", c.headers...)
				s.begin(got)
				if got.header.Get("Access-Control-Allow-Origin") != c.allowed || got.header.Get("Vary") != "Origin" {
					t.Errorf("a stream has the head %v", got.header)
				}
			} else if got := r.tryOut("sse", "symbols=A", c.headers...); got.problem(t).Code != wire.CodeForbidden {
				t.Errorf("a stream is answered with %+v", got)
			}
			got := r.get("/v1/poll?symbols=A", c.headers...)
			if got.status != c.status || got.header.Get("Access-Control-Allow-Origin") != c.allowed || got.header.Get("Vary") != "Origin" {
				t.Errorf("a poll is answered with %+v", got)
			}
		})
	}
}
