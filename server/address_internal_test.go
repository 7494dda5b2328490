package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func networks(texts ...string) proxies {
	var p proxies
	for _, text := range texts {
		p = append(p, netip.MustParsePrefix(text))
	}
	return p
}

func TestTheClientIsTheFirstFromTheRightThatIsNoProxy(t *testing.T) {
	t.Parallel()
	trusted := networks("10.0.0.0/8", "fd00::/8")
	for name, c := range map[string]struct {
		peer string
		told []string
		want string
	}{
		"nobody in between":               {"203.0.113.9:5000", nil, "203.0.113.9:5000"},
		"an invention of the client":      {"203.0.113.9:5000", []string{"198.51.100.1"}, "203.0.113.9:5000"},
		"one proxy":                       {"10.0.0.1:5000", []string{"198.51.100.1"}, "198.51.100.1"},
		"one proxy over IPv6":             {"[fd00::1]:5000", []string{"2001:db8::7"}, "2001:db8::7"},
		"an invention before a proxy":     {"10.0.0.1:5000", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		"an invented proxy":               {"10.0.0.1:5000", []string{"192.0.2.66, 10.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":                     {"10.0.0.1:5000", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		"two headers":                     {"10.0.0.1:5000", []string{"192.0.2.66", "198.51.100.1,10.0.0.2"}, "198.51.100.1"},
		"with a port":                     {"10.0.0.1:5000", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		"with a port, over IPv6":          {"10.0.0.1:5000", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		"an IPv4 address as one of IPv6":  {"[::ffff:10.0.0.1]:5000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"proxies only":                    {"10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"a proxy that says nothing":       {"10.0.0.1:5000", nil, "10.0.0.1"},
		"a proxy that says what is none":  {"10.0.0.1:5000", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		"nonsense before the nearest one": {"10.0.0.1:5000", []string{"<script>, 10.0.0.2"}, "10.0.0.2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			r.Header[forwardedFor] = c.told
			if got := trusted.believe(r).RemoteAddr; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestAnIPv6ClientCountsAsItsNetwork(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"198.51.100.1:80":        "198.51.100.1/32",
		"[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":      "fe80::/64",
		"[::ffff:192.0.2.1]:80":  "192.0.2.1/32",
		"127.0.0.1:80":           "invalid Prefix",
		"127.200.3.4:80":         "invalid Prefix",
		"[::1]:80":               "invalid Prefix",
		"pipe":                   "invalid Prefix",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		if got := accountOf(r).String(); got != want {
			t.Errorf("%s counts as %s, want %s", remote, got, want)
		}
	}
}

func TestAProxyOnThisMachineIsNotExempt(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.RemoteAddr = "127.0.0.1:5000"
	for _, told := range []string{"", "127.0.0.1", "127.8.8.8"} {
		r.Header.Set(forwardedFor, told)
		if got := accountOf(networks("127.0.0.1/32").believe(r)); !got.IsValid() {
			t.Errorf("a client that comes as %q counts for nobody", told)
		}
	}
}

func FuzzForwardedHeaders(f *testing.F) {
	f.Add("198.51.100.1, 10.0.0.2", "https", "app.example.com")
	f.Add("[2001:db8::1]:99,unknown", "HTTPS, http", "a,b")
	f.Add(",,,", "ftp", "\x00")
	f.Add("10.0.0.1%eth0, ::ffff:10.1.1.1", "", "")
	trusted := networks("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, told, proto, host string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set(forwardedFor, told)
		r.Header.Set(forwardedProto, proto)
		r.Header.Set(forwardedHost, host)
		r.RemoteAddr = "198.51.100.9:1"
		if got := trusted.believe(r); got != r {
			t.Fatal("a stranger is believed")
		}
		r.RemoteAddr = "10.0.0.1:1"
		got := trusted.believe(r)
		client, err := netip.ParseAddr(got.RemoteAddr)
		if err != nil {
			t.Fatal(err)
		}
		if client.String() != "10.0.0.1" && !strings.Contains(told, ".") && !strings.Contains(told, ":") {
			t.Fatalf("%s is nowhere in %q", client, told)
		}
		if scheme := passageOf(got).scheme; scheme != "" && scheme != "http" && scheme != "https" {
			t.Fatalf("scheme %q", scheme)
		}
	})
}
