package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

const (
	historyOff    = "off"
	historySQLite = "sqlite:" // a file of the data directory, or of the path behind it
)

// historyValue is where history is kept: off, sqlite:[PATH], or the URL of a
// PostgreSQL database.
type historyValue string

func (v *historyValue) set(items []string) error {
	return one(items, func(text string) error {
		if text != historyOff && !strings.HasPrefix(text, historySQLite) {
			u, err := url.Parse(text)
			if err != nil || u.Host == "" || u.Scheme != "postgres" && u.Scheme != "postgresql" {
				// The text may hold a password, and is not shown.
				return fmt.Errorf("names no store: want off, sqlite:, sqlite:PATH or postgres://USER@HOST/DATABASE")
			}
		}
		*v = historyValue(text)
		return nil
	})
}

// get returns the value without its password.
func (v *historyValue) get() []string { return []string{withoutPassword(string(*v))} }
func (v *historyValue) list() bool    { return false }

// historyFile returns the file of an embedded history.
func historyFile(address, data string) (path string, ok bool) {
	path, ok = strings.CutPrefix(address, historySQLite)
	if ok && path == "" {
		path = filepath.Join(data, "history.db")
	}
	return path, ok
}

// everyValue is the period of the recording. Periods must not reach over the
// end of a minute, or of a second when they are shorter: candles are made of
// whole ones.
type everyValue time.Duration

func (v *everyValue) set(items []string) error {
	var every time.Duration
	parsed := durationValue{at: &every, least: 0, most: time.Minute}
	if err := parsed.set(items); err != nil {
		return err
	}
	whole := time.Minute
	if every < time.Second {
		whole = time.Second
	}
	if every != 0 && (whole%every != 0 || every < minEvery) {
		return fmt.Errorf("%v does not go evenly into %v: want 0s for every update, a part of a second from %v on, or a part of a minute",
			every, whole, minEvery)
	}
	*v = everyValue(every)
	return nil
}

// minEvery is the shortest period: below it every update is kept as easily.
const minEvery = 10 * time.Millisecond

func (v *everyValue) get() []string { return []string{time.Duration(*v).String()} }
func (v *everyValue) list() bool    { return false }
