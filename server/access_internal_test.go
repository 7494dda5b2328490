package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzCredentialOf checks that a credential that is found is one that was given, and
// the only one.
func FuzzCredentialOf(f *testing.F) {
	f.Add("Bearer a.b.c", "ticker.v1.json, bearer.a.b.c", "token=a.b.c")
	f.Add("", "bearer.", "token")
	f.Add("bearer  x", "bearer.y,bearer.x", "")
	f.Add("Basic x", "", "token=%")
	s := &Server{cfg: Config{AllowQuery: true}}
	f.Fuzz(func(t *testing.T, header, protocols, query string) {
		r := &http.Request{Header: http.Header{}, URL: &url.URL{RawQuery: query}}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		r.Header.Set("Sec-Websocket-Protocol", protocols)
		credential, refusal := s.credentialOf(r)
		if credential == "" {
			return
		}
		for name := range strings.SplitSeq(protocols, ",") {
			other, ok := strings.CutPrefix(strings.TrimSpace(name), bearerProtocol)
			if refusal != nil || ok && other != credential {
				t.Errorf("%q was taken, and %q was given, %v", credential, other, refusal)
			}
		}
		inURL := r.URL.Query()[tokenKey]
		if len(inURL) > 0 && inURL[0] != credential || header != "" && !strings.HasSuffix(strings.TrimSpace(header), credential) {
			t.Errorf("%q was taken beside %q and %q", credential, inURL, header)
		}
	})
}
