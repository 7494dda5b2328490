package wire

// Codec is one of the two encodings of the protocol.
type Codec uint8

// The codecs.
const (
	JSON Codec = iota
	MsgPack
	NumCodecs
)

// The WebSocket subprotocols: what a client asks for to choose its codec.
const (
	SubprotocolJSON    = "ticker.v1.json"
	SubprotocolMsgPack = "ticker.v1.msgpack"
)

// Bounds of what a client may write, and of what is quoted back.
const (
	// MaxIDBytes is the longest id of a request.
	MaxIDBytes = 64
	// MaxCursorBytes is the longest cursor or page token that is read.
	MaxCursorBytes = 256
	// MaxTokenBytes is the longest token that is looked at.
	MaxTokenBytes = 8 << 10
	// MaxLimit is the most entries that one page of an answer may be asked for.
	MaxLimit = 10_000

	// maxNameBytes is the longest name or prefix of a symbol that is looked at.
	// It is beyond the longest symbol, so that one that is a little too long is
	// answered as a bad symbol.
	maxNameBytes = 256
	// maxEchoBytes is the most of a client's own text that is sent back.
	maxEchoBytes = 64
	// maxKeys bounds the keys of one object in a request. The longest command
	// has nine; the rest is room for what later versions add.
	maxKeys = 32
)

// Subprotocol returns the name of the codec's WebSocket subprotocol.
func (c Codec) Subprotocol() string {
	if c == MsgPack {
		return SubprotocolMsgPack
	}
	return SubprotocolJSON
}
