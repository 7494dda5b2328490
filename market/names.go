package market

// nameOf returns the name of a constant that counts from 0.
func nameOf[C ~uint8](names []string, c C) string {
	if int(c) < len(names) {
		return names[c]
	}
	return "unknown"
}

// parseName finds the constant with the given name.
func parseName[C ~uint8, T string | []byte](names []string, text T) (C, bool) {
	for i, name := range names {
		if name == string(text) {
			return C(i), true
		}
	}
	return 0, false
}
