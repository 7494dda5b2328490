package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	sdk "ticker/js"
)

//go:embed assets
var files embed.FS

// policy lets the page run its own files and nothing else. Browsers that do not
// count ws: and wss: as 'self' need them named. Trusted Types make innerHTML and
// its kin throw; the one policy that may exist, the default one of trust.js,
// lets through the logo that the chart library shows and nothing else.
const policy = "default-src 'self'; style-src 'self' 'sha256-" + logoStyle + "'; " +
	"connect-src 'self' ws: wss:; object-src 'none'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types default"

// logoStyle is the digest of the style sheet that the chart library adds for its
// logo: the library has no other way to place it, and the logo is a condition of
// its licence.
const logoStyle = "3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY="

// asset is one file with its answer's headers.
type asset struct {
	body        []byte
	contentType string
	etag        string
}

// Handler serves the dashboard: the page at /, its files beside it, and the
// JavaScript client, which is all that the page knows of the service, below
// /sdk/.
//
// Answers carry an entity tag made of the content, and Cache-Control: no-cache,
// so that a browser asks every time and gets 304 until the program changes. An
// unknown path is answered 404, a method other than GET and HEAD 405 with Allow,
// both with a problem document (RFC 9457).
func Handler() http.Handler {
	assets, err := load(files, sdk.Source)
	if err != nil {
		panic("web: load embedded assets: " + err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, known := assets[r.URL.Path]
		switch {
		case !known:
			problem(w, http.StatusNotFound, "not_found")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			problem(w, http.StatusMethodNotAllowed, "bad_request")
		default:
			a.serve(w, r)
		}
	})
}

// load reads every asset, by the path of its URL: the files of the page, and
// those of the client.
func load(page, client fs.FS) (map[string]asset, error) {
	assets := make(map[string]asset)
	return assets, errors.Join(
		add(assets, page, "assets", ""),
		add(assets, client, "src", "/sdk"),
	)
}

// add reads what is below a directory, to be served below a path.
func add(assets map[string]asset, files fs.FS, dir, below string) error {
	return fs.WalkDir(files, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		assets[urlPath(below+strings.TrimPrefix(name, dir))] = newAsset(path.Ext(name), body)
		return err
	})
}

// urlPath returns the path at which a file is served.
func urlPath(name string) string {
	if name == "/index.html" {
		return "/"
	}
	return name
}

func newAsset(extension string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{
		body:        body,
		contentType: contentType(extension),
		etag:        `"` + hex.EncodeToString(sum[:16]) + `"`,
	}
}

// contentType knows the kinds of file in assets. The tables of the machine are
// not asked: they differ, and a wrong type stops a module from loading.
func contentType(extension string) string {
	switch extension {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".md", "": // what explains the files of others, and their licences
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	secure(h)
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("Etag", a.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}

// problem answers with an RFC 9457 document. The code is one of the protocol's.
func problem(w http.ResponseWriter, status int, code string) {
	h := w.Header()
	secure(h)
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that is gone has no use for its error.
	_, _ = fmt.Fprintf(w, `{"title":%q,"status":%d,"code":%q}`+"\n", http.StatusText(status), status, code)
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
