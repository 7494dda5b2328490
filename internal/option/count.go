package option

import (
	"fmt"
	"strconv"
)

// Count takes a number from least to most.
func Count(into *int, least, most int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q: want a number from %d to %d", value, least, most)
		}
		*into = n
		return nil
	}
}
