package auth

// Reason says why a credential is refused. Its name is a metric label.
type Reason uint8

// The reasons.
const (
	// Malformed: neither an API key nor of the form of a token.
	Malformed Reason = iota
	// TooLong: above 8 KiB; nothing was parsed.
	TooLong
	// UnknownKey: no such API key, or a token signed by a key that is not known.
	UnknownKey
	// WrongAlgorithm: another one than is configured.
	WrongAlgorithm
	// BadHeader: the header names keys or critical extensions, or its kid is absurd.
	BadHeader
	// BadSignature: not signed by the key, or altered.
	BadSignature
	// Expired: exp has come, longer ago than the leeway.
	Expired
	// NotYetValid: nbf or iat lies in the future, by more than the leeway.
	NotYetValid
	// WrongIssuer: iss is not the one that is configured.
	WrongIssuer
	// WrongAudience: aud does not have the one that is configured.
	WrongAudience
	// MissingClaim: a claim that must be there is not.
	MissingClaim
	// BadClaim: a claim is there twice, or has an absurd value.
	BadClaim
	// Revoked: the token or its subject is listed as revoked.
	Revoked
	// KeysUnavailable: it cannot be told, because the key server does not answer.
	// The same credential may be accepted later.
	KeysUnavailable
	numReasons
)

var reasonNames = [numReasons]struct{ label, text string }{
	Malformed:       {"malformed", "credential is neither a key nor a token"},
	TooLong:         {"too_long", "credential is longer than 8 KiB"},
	UnknownKey:      {"unknown_key", "key is not known"},
	WrongAlgorithm:  {"wrong_algorithm", "token is not signed with the algorithm that is wanted"},
	BadHeader:       {"bad_header", "token has a header that is not accepted"},
	BadSignature:    {"bad_signature", "signature of the token is wrong"},
	Expired:         {"expired", "token has expired"},
	NotYetValid:     {"not_yet_valid", "token is not valid yet"},
	WrongIssuer:     {"wrong_issuer", "token is from another issuer"},
	WrongAudience:   {"wrong_audience", "token is for another audience"},
	MissingClaim:    {"missing_claim", "token lacks a claim"},
	BadClaim:        {"bad_claim", "token has a bad claim"},
	Revoked:         {"revoked", "credential was revoked"},
	KeysUnavailable: {"keys_unavailable", "keys to verify the token are not available"},
}

// String returns the reason as a metric label: "bad_signature".
func (r Reason) String() string {
	if r < numReasons {
		return reasonNames[r].label
	}
	return "unknown"
}

// Refusal is the error of Authenticate, always as a *Refusal. Its text is made of
// constants, so it may be shown and logged.
type Refusal struct {
	Reason Reason
	// Claim is the name of the claim that is missing or bad; else empty.
	Claim string
}

// Error returns a sentence for people.
func (r *Refusal) Error() string {
	if r.Reason >= numReasons {
		return "credential is refused"
	}
	text := reasonNames[r.Reason].text
	if r.Claim == "" {
		return text
	}
	return text + ": " + r.Claim
}

func refuse(reason Reason) *Refusal { return &Refusal{Reason: reason} }
