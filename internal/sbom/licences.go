package main

import (
	"io/fs"
	"regexp"
	"strings"
)

// licenceFileNames matches the names under which modules keep the terms that they are under.
var licenceFileNames = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

// knownLicence is how the text of a licence is told from all others: it has one phrase
// and, where another licence begins alike, lacks a second.
type knownLicence struct{ id, has, lacks string }

// The phrases have single spaces; of texts of two licences both match.
func knownLicences() []knownLicence {
	const (
		redistribution = "redistribution and use in source and binary forms, with or without modification, are permitted"
		endorsement    = "used to endorse or promote products derived from this software without specific prior written permission"
		advertising    = "all advertising materials mentioning features or use of this software"
	)
	return []knownLicence{
		{"Apache-2.0", "apache license version 2.0, january 2004", ""},
		{"MIT", "the above copyright notice and this permission notice shall be included in all copies or substantial portions of the software", "except as contained in this notice"},
		{"BSD-2-Clause", redistribution, endorsement},
		{"BSD-3-Clause", endorsement, advertising},
		{"MPL-2.0", "mozilla public license version 2.0", ""},
		{"ISC", "for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies", ""},
	}
}

// licenceIn returns the licence of a module, empty unless it is certain: one file with
// the text of one licence that we know. A notice beside it belongs to Apache's.
func licenceIn(cache fs.FS, dir string) string {
	entries, err := fs.ReadDir(cache, dir)
	if err != nil {
		return ""
	}
	found := ""
	for _, entry := range entries {
		if entry.IsDir() || !licenceFileNames.MatchString(entry.Name()) || strings.EqualFold(entry.Name(), "NOTICE") {
			continue
		}
		text, err := fs.ReadFile(cache, dir+"/"+entry.Name())
		if err != nil || found != "" {
			return ""
		}
		if found = licenceOf(string(text)); found == "" {
			return ""
		}
	}
	return found
}

// licenceOf returns the only licence whose text this is, empty if there is none or
// several.
func licenceOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	found := ""
	for _, known := range knownLicences() {
		if !strings.Contains(text, known.has) || known.lacks != "" && strings.Contains(text, known.lacks) {
			continue
		}
		if found != "" {
			return ""
		}
		found = known.id
	}
	return found
}
