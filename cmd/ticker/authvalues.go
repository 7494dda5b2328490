package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"ticker/auth"
)

// flagValue is true or false.
type flagValue bool

func (v *flagValue) set(items []string) error {
	return one(items, func(text string) error {
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*v = text == "true"
		return nil
	})
}

func (v *flagValue) get() []string { return []string{strconv.FormatBool(bool(*v))} }
func (v *flagValue) list() bool    { return false }

// optionalValue is a text that need not be there.
type optionalValue string

func (v *optionalValue) set(items []string) error { return (*textValue)(v).set(items) }

func (v *optionalValue) get() []string {
	if *v == "" {
		return nil
	}
	return []string{string(*v)}
}
func (v *optionalValue) list() bool { return false }

// secretValue is a text that is not shown.
type secretValue string

func (v *secretValue) set(items []string) error { return (*textValue)(v).set(items) }

func (v *secretValue) get() []string {
	if *v == "" {
		return nil
	}
	return []string{"xxxxx"}
}
func (v *secretValue) list() bool { return false }

// apiKeysValue is the list of API keys. The text of one is that of options:
// id=desk&sha256=…&symbols=BTC-*,ETH-USD.
type apiKeysValue []auth.Key

func (v *apiKeysValue) set(items []string) error {
	var keys []auth.Key
	for i, item := range items {
		key, err := parseAPIKey(item)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i+1, err)
		}
		keys = append(keys, key)
	}
	*v = keys
	return nil
}

// parseAPIKey reads the options of a key. What their values must be is judged by
// package auth. The text is not shown: it may be a key.
func parseAPIKey(text string) (key auth.Key, err error) {
	options, err := url.ParseQuery(text)
	if err != nil {
		return key, errors.New("want id=…&sha256=…, or a mapping")
	}
	for name, values := range options {
		if len(values) > 1 {
			return key, fmt.Errorf("%.32q is given twice", name)
		}
		if err := setAPIKey(&key, name, values[0]); err != nil {
			return key, err
		}
	}
	return key, nil
}

func setAPIKey(key *auth.Key, name, text string) (err error) {
	switch name {
	case "id":
		key.ID = text
	case "sha256":
		key.SHA256 = text
	case "symbols":
		key.Symbols = entries(text)
	case "publish":
		key.Publish = entries(text)
	case "interval":
		err = (&durationValue{at: &key.Interval, most: maxGrantInterval}).set([]string{text})
	case "delay":
		err = (&durationValue{at: &key.Delay, most: maxDelay}).set([]string{text})
	case "sessions":
		err = setCount(&key.Sessions, text)
	case "max_symbols":
		err = setCount(&key.MaxSymbols, text)
	default:
		return fmt.Errorf("unknown option %.32q: want id, sha256, symbols, publish, interval, delay, sessions, max_symbols", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// entries splits a list of names and patterns. An empty list is nothing, not everything.
func entries(text string) []string {
	if text == "" {
		return []string{}
	}
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func setCount(at *int, text string) error {
	var n int64
	err := (&integerValue{at: &n, least: 1, most: maxGrantCount}).set([]string{text})
	*at = int(n)
	return err
}

func (v *apiKeysValue) get() []string {
	var items []string
	for _, key := range *v {
		items = append(items, apiKeyText(key))
	}
	return items
}
func (v *apiKeysValue) list() bool { return true }

// apiKeyText returns the text that parseAPIKey reads.
func apiKeyText(key auth.Key) string {
	options := url.Values{"id": {key.ID}, "sha256": {key.SHA256}}
	if key.Symbols != nil {
		options.Set("symbols", strings.Join(key.Symbols, ","))
	}
	if key.Publish != nil {
		options.Set("publish", strings.Join(key.Publish, ","))
	}
	if key.Interval != 0 {
		options.Set("interval", key.Interval.String())
	}
	if key.Delay != 0 {
		options.Set("delay", key.Delay.String())
	}
	if key.Sessions != 0 {
		options.Set("sessions", strconv.Itoa(key.Sessions))
	}
	if key.MaxSymbols != 0 {
		options.Set("max_symbols", strconv.Itoa(key.MaxSymbols))
	}
	return options.Encode()
}
