package alpaca

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
)

// maxKeyBytes bounds a file with a key.
const maxKeyBytes = 4 << 10

// keys are what an account is told by. They stand in no error and in no log.
type keys struct{ key, secret string }

// takeKeys reads the keys of the options, or of files that the options name, or of
// the environment, and takes these options away.
func takeKeys(options url.Values, getenv func(string) string) (keys, error) {
	key, err := takeKey(options, "key", getenv("APCA_API_KEY_ID"))
	if err != nil {
		return keys{}, err
	}
	secret, err := takeKey(options, "secret", getenv("APCA_API_SECRET_KEY"))
	if err != nil {
		return keys{}, err
	}
	if key == "" || secret == "" {
		return keys{}, errors.New("no keys: want the options key and secret, or key_file and secret_file, " +
			"or APCA_API_KEY_ID and APCA_API_SECRET_KEY in the environment")
	}
	return keys{key, secret}, nil
}

func takeKey(options url.Values, name, otherwise string) (string, error) {
	given, path := options.Get(name), options.Get(name+"_file")
	options.Del(name)
	options.Del(name + "_file")
	switch {
	case given != "" && path != "":
		return "", fmt.Errorf("options %s and %s_file: only one may be given", name, name)
	case path != "":
		return readKey(name, path)
	case given != "":
		return given, nil
	}
	return otherwise, nil
}

func readKey(name, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("option %s_file: %w", name, err)
	}
	defer file.Close() //nolint:errcheck // Nothing was written.
	text, err := io.ReadAll(io.LimitReader(file, maxKeyBytes+1))
	if err != nil {
		return "", fmt.Errorf("option %s_file: %w", name, err)
	}
	key := strings.TrimSpace(string(text))
	if key == "" || len(text) > maxKeyBytes {
		return "", fmt.Errorf("option %s_file: %s holds no key", name, path)
	}
	return key, nil
}
