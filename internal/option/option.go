package option

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
)

// maxSecretBytes bounds a file with a secret.
const maxSecretBytes = 8 << 10

// Set has, for each option, what takes its value.
type Set map[string]func(value string) error

// Parse gives every option its value. An option may have a twin whose name ends in
// _file, of the file that has the value: only one of the two may be given.
func (s Set) Parse(values url.Values) error {
	names := slices.Sorted(maps.Keys(values))
	for _, name := range names {
		take, known := s[name]
		given := values[name]
		switch {
		case !known:
			return fmt.Errorf("unknown option %q: want one of %s", name, strings.Join(slices.Sorted(maps.Keys(s)), ", "))
		case len(given) != 1:
			return fmt.Errorf("%s is given %d times", name, len(given))
		}
		if err := take(given[0]); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
	}
	for _, name := range names {
		if values.Has(name + "_file") {
			return fmt.Errorf("%s and %s_file are both given: want one of them", name, name)
		}
	}
	return nil
}

// Text takes a text that is not empty.
func Text(into *string) func(string) error {
	return func(value string) error {
		if value == "" {
			return errors.New("is empty")
		}
		*into = value
		return nil
	}
}

// List takes texts with commas between them, none of them empty.
func List(into *[]string) func(string) error {
	return func(value string) error {
		list := strings.Split(value, ",")
		if slices.Contains(list, "") {
			return fmt.Errorf("%q has an empty entry: want a list with commas between the entries", value)
		}
		*into = list
		return nil
	}
}

// Bool takes true or false.
func Bool(into *bool) func(string) error {
	return func(value string) error {
		switch value {
		case "true", "false":
			*into = value == "true"
			return nil
		}
		return fmt.Errorf("%q: want true or false", value)
	}
}

// OneOf takes one of some words, each of which stands for a value.
func OneOf[T any](into *T, words map[string]T) func(string) error {
	return func(value string) error {
		meant, ok := words[value]
		if !ok {
			return fmt.Errorf("%q: want one of %s", value, strings.Join(slices.Sorted(maps.Keys(words)), ", "))
		}
		*into = meant
		return nil
	}
}

// File takes the path of a file that can be opened.
func File(into *string) func(string) error {
	return func(path string) error {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("%q: %w", path, err)
		}
		*into = path
		return file.Close()
	}
}

// SecretFile takes the path of a file whose first line is the secret.
func SecretFile(into *string) func(string) error {
	return func(path string) error {
		secret, err := readSecret(path)
		if err != nil {
			return fmt.Errorf("%q: %w", path, err)
		}
		*into = secret
		return nil
	}
}

func readSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	secret := string(bytes.TrimSuffix(line, []byte("\r")))
	switch {
	case len(text) > maxSecretBytes:
		return "", fmt.Errorf("is longer than %d bytes", maxSecretBytes)
	case secret == "":
		return "", errors.New("has no secret on its first line")
	}
	return secret, nil
}
