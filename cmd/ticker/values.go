package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value is a setting that can be read from text and printed as text.
type value interface {
	// set reads the value from one text, or from the items of a list.
	set(items []string) error
	// get returns the text, or the items of a list, that set would read.
	get() []string
	// list reports whether the value is a list.
	list() bool
}

var errOneValue = errors.New("takes one value, not a list")

// one is what the values that are no lists have in common.
func one(items []string, set func(text string) error) error {
	if len(items) != 1 {
		return errOneValue
	}
	return set(items[0])
}

type textValue string

func (v *textValue) set(items []string) error {
	return one(items, func(text string) error {
		if text == "" {
			return errors.New("must not be empty")
		}
		*v = textValue(text)
		return nil
	})
}

func (v *textValue) get() []string { return []string{string(*v)} }
func (v *textValue) list() bool    { return false }

type addressValue string

func (v *addressValue) set(items []string) error {
	return one(items, func(text string) error {
		_, port, err := net.SplitHostPort(text)
		if err != nil {
			return fmt.Errorf("%q is no address: want HOST:PORT, as in 127.0.0.1:8080", text)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q is no port: want a number from 0 to 65535", port)
		}
		*v = addressValue(text)
		return nil
	})
}

func (v *addressValue) get() []string { return []string{string(*v)} }
func (v *addressValue) list() bool    { return false }

// loopback reports whether an address can be reached from this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

type durationValue struct {
	at          *time.Duration
	least, most time.Duration
}

func (v *durationValue) set(items []string) error {
	return one(items, func(text string) error {
		d, err := time.ParseDuration(text)
		if _, number := strconv.ParseFloat(text, 64); err != nil && number == nil {
			return fmt.Errorf("%q has no unit: want a duration such as %ss or %sms", text, text, text)
		}
		switch {
		case err != nil:
			return fmt.Errorf("%q is no duration: want one such as 250ms or 15s", text)
		case d < v.least || d > v.most:
			return fmt.Errorf("%v is out of range: want %v to %v", d, v.least, v.most)
		}
		*v.at = d
		return nil
	})
}

func (v *durationValue) get() []string { return []string{v.at.String()} }
func (v *durationValue) list() bool    { return false }

type integerValue struct {
	at          *int64
	least, most int64
}

func (v *integerValue) set(items []string) error {
	return one(items, func(text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			return fmt.Errorf("%q is no whole number", text)
		case n < v.least || n > v.most:
			return fmt.Errorf("%d is out of range: want %d to %d", n, v.least, v.most)
		}
		*v.at = n
		return nil
	})
}

func (v *integerValue) get() []string { return []string{strconv.FormatInt(*v.at, 10)} }
func (v *integerValue) list() bool    { return false }

type choiceValue struct {
	at      *string
	choices []string
}

func (v *choiceValue) set(items []string) error {
	return one(items, func(text string) error {
		if !slices.Contains(v.choices, text) {
			return fmt.Errorf("%q is not known: want %s", text, strings.Join(v.choices, ", "))
		}
		*v.at = text
		return nil
	})
}

func (v *choiceValue) get() []string {
	if *v.at == "" {
		return nil
	}
	return []string{*v.at}
}
func (v *choiceValue) list() bool { return false }

// originsValue is a list of browser origins, or a star for all.
type originsValue []string

func (v *originsValue) set(items []string) error {
	for _, item := range items {
		if item == "*" {
			continue
		}
		u, err := url.Parse(item)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != item {
			return fmt.Errorf("%q is no origin: want http:// or https:// and HOST[:PORT], as in https://desk.example.com", item)
		}
	}
	*v = items
	return nil
}

func (v *originsValue) get() []string { return *v }
func (v *originsValue) list() bool    { return true }

// feedsValue is the list of feeds; each item is a SPEC.
type feedsValue []feedSpec

func (v *feedsValue) set(items []string) error {
	var specs []feedSpec
	for _, item := range items {
		spec, err := parseFeedSpec(item)
		if err != nil {
			return err
		}
		specs = append(specs, spec)
	}
	*v = specs
	return nil
}

func (v *feedsValue) get() []string {
	var items []string
	for _, spec := range *v {
		items = append(items, spec.String())
	}
	return items
}
func (v *feedsValue) list() bool { return true }
