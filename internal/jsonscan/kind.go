package jsonscan

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds. Invalid stands for the end of the text, for anything that begins
// no value, and for a scanner that has stopped.
const (
	Invalid Kind = iota
	Object
	Array
	String
	Number
	Bool
	Null
)

var kindNames = [...]string{"nothing", "an object", "an array", "a string", "a number", "a boolean", "null"}

// String names the kind with its article, for error messages.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Invalid]
}

// kindOf tells the kind of value that begins with c.
func kindOf(c byte) Kind {
	switch c {
	case '"':
		return String
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	case '{':
		return Object
	case '[':
		return Array
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Invalid
}
