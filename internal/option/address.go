package option

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ParseAddress reads the address of a server, which has one of some schemes and a
// host. An address may have a password in it: the error shows nothing of one that
// does not parse, and otherwise hides it.
func ParseAddress(text string, schemes ...string) (*url.URL, error) {
	if text == "" {
		return nil, fmt.Errorf("is missing: want %s://HOST", schemes[0])
	}
	address, err := url.Parse(text)
	if err != nil || address.User == nil && strings.Contains(text, "@") {
		return nil, fmt.Errorf("is no address: want %s://HOST, and %%XX for special characters of user and password", schemes[0])
	}
	if !slices.Contains(schemes, address.Scheme) || address.Hostname() == "" {
		return nil, fmt.Errorf("%q: want %s and a host", address.Redacted(), strings.Join(schemes, ":// or ")+"://")
	}
	return address, nil
}

// Login puts a user and a password into an address, in place of those that are
// there. Empty ones leave what is there.
func Login(address *url.URL, user, password string) {
	if user == "" && password == "" {
		return
	}
	if user == "" {
		user = address.User.Username()
	}
	if password == "" {
		password, _ = address.User.Password()
	}
	address.User = url.UserPassword(user, password)
}
