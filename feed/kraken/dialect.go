package kraken

import (
	"encoding/json"
	"strings"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
)

// The channels that are subscribed; spread is of version 1 alone.
const (
	tickerChannel = "ticker"
	tradeChannel  = "trade"
	spreadChannel = "spread"
)

// maxNameBytes is longer than any name that a request held.
const maxNameBytes = 64

// streamsOf returns the stream that an answer names, none if it is none of ours.
func streamsOf(channel, name string) []live.Stream {
	switch channel {
	case tickerChannel, tradeChannel, spreadChannel:
		if name != "" && len(name) <= maxNameBytes {
			return []live.Stream{{Channel: channel, Name: name}}
		}
	}
	return nil
}

// acknowledged tells of streams that are there, or gone. Kraken answers for each
// symbol of a request by itself, so an answer that names none tells nothing.
func acknowledged(m live.Meaning, streams []live.Stream) live.Notice {
	if len(streams) == 0 {
		return live.Notice{}
	}
	return live.Notice{Meaning: m, Streams: streams}
}

// complaint tells what Kraken means by the words of an error about streams, or,
// if it names none, about a request.
func complaint(words string, streams []live.Stream, request uint64) live.Notice {
	n := live.Notice{Meaning: live.Refused, Streams: streams, ID: request, Reason: venue.Reason(words)}
	switch folded := strings.ToLower(words); {
	case strings.Contains(folded, "msg rate"), strings.Contains(folded, "rate limit"):
		return live.Notice{Meaning: live.Throttled, Reason: n.Reason}
	case strings.Contains(folded, "already subscribed"):
		return acknowledged(live.Granted, streams)
	case strings.Contains(folded, "subscription not found"), strings.Contains(folded, "not subscribed"):
		return acknowledged(live.Ended, streams)
	}
	return n
}

// names returns the names of the streams of a request.
func names(r live.Request) []string {
	var found []string
	for _, s := range r.Streams {
		found = append(found, s.Name)
	}
	return found
}

// encode writes what has no value that JSON could not write.
func encode(v any) []byte {
	text, _ := json.Marshal(v) // strings and numbers always have a text
	return text
}
