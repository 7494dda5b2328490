package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"ticker/market"
	"ticker/wire"
)

// wish is what one request asks for.
type wish struct {
	plan
	bandwidth int64
}

// teller hands a message over, and its length. The error says that nothing more is
// wanted.
type teller func(m wire.Message, size int) error

// params are the parameters of an address, but for the names.
func (w *wish) params() url.Values {
	params := url.Values{}
	if w.options.interval != 0 {
		params.Set("interval", wire.FormatDuration(w.options.interval))
	}
	if w.options.fields != 0 {
		params.Set("fields", fieldList(w.options.fields))
	}
	return params
}

func fieldList(set market.Fields) string {
	var names []string
	for f := range market.NumValues {
		if set.Has(f) {
			names = append(names, f.String())
		}
	}
	return strings.Join(names, ",")
}

// address returns where a wish is asked for. The commas between names stand in it
// as they are: escaped, fewer names would have room.
func (r *requests) address(w *wish, params url.Values) string {
	address, query := *r.base, r.base.Query()
	for name, values := range params {
		query[name] = values
	}
	address.RawQuery = "symbols=" + strings.Join(w.names, ",") + "&" + query.Encode()
	return address.String()
}

// get makes one request. The answer is one of status 200 or 204, whose body the
// caller closes.
func (r *requests) get(ctx context.Context, address string, header http.Header) (*http.Response, error) {
	request, err := newGet(ctx, address, r.token())
	if err != nil {
		return nil, cause(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := r.web.Do(request)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = cause(err)
	case response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent:
		err = refusalOf(response)
	}
	if err != nil && response != nil {
		_ = response.Body.Close()
	}
	return response, err
}
