package history

import (
	"encoding/base64"
	"encoding/binary"
)

// maxEpochBytes is the longest epoch: see Batch.
const maxEpochBytes = 32

// pageToken names the position behind which a page begins. Whoever makes one up
// only names another place in a list that is read within its bounds anyway.
func pageToken(p Position) string {
	text := binary.AppendUvarint(binary.AppendVarint(nil, p.Recv), p.Seq)
	return base64.RawURLEncoding.EncodeToString(append(text, p.Epoch...))
}

// parsePageToken reads what pageToken wrote, and refuses all else: a token is
// good only in the one form in which it was given out.
func parsePageToken(token string) (Position, error) {
	refusal := refuse(BadQuestion, "page is no token of this server")
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return Position{}, refusal
	}
	recv, recvBytes := binary.Varint(text)
	if recvBytes <= 0 {
		return Position{}, refusal
	}
	seq, seqBytes := binary.Uvarint(text[recvBytes:])
	if seqBytes <= 0 {
		return Position{}, refusal
	}
	p := Position{Recv: recv, Seq: seq, Epoch: string(text[recvBytes+seqBytes:])}
	if !validEpoch(p.Epoch) || pageToken(p) != token {
		return Position{}, refusal
	}
	return p, nil
}

// validEpoch reports whether a text can be an epoch: see Batch.
func validEpoch(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= maxEpochBytes
}
