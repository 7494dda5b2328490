package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A numeric travels as a header of four 16-bit numbers (how many groups follow,
// the power of 10,000 of the first, the sign, how many digits stand behind the
// point) and its digits in groups of four, without groups of zeros at either
// end. See numeric_send in PostgreSQL's numeric.c.
const (
	groupDigits   = 4
	numericHeader = 8
	negative      = 0x4000

	// More digits than any market.Total has, on either side of the point.
	maxWeight = 25
	maxPlaces = 80
)

var errNumeric = errors.New("not a number that this program wrote")

// appendNumeric appends the number that stands in text, as market's AppendTo
// writes it.
func appendNumeric(dst, text []byte) []byte {
	var sign uint16
	if text[0] == '-' {
		sign, text = negative, text[1:]
	}
	whole, fraction := text, []byte(nil)
	if point := bytes.IndexByte(text, '.'); point >= 0 {
		whole, fraction = text[:point], text[point+1:]
	}
	start := len(dst)
	dst = append(dst, make([]byte, numericHeader)...)
	weight := (len(whole)+groupDigits-1)/groupDigits - 1
	for rest := whole; len(rest) > 0; {
		size := (len(rest)-1)%groupDigits + 1
		dst = appendGroup(dst, rest[:size], 0)
		rest = rest[size:]
	}
	for rest := fraction; len(rest) > 0; {
		size := min(len(rest), groupDigits)
		dst = appendGroup(dst, rest[:size], groupDigits-size)
		rest = rest[size:]
	}
	dst, weight = trimGroups(dst, start+numericHeader, weight)
	groups := (len(dst) - start - numericHeader) / 2
	if groups == 0 {
		weight = 0
	}
	binary.BigEndian.PutUint16(dst[start:], uint16(groups))
	binary.BigEndian.PutUint16(dst[start+2:], uint16(int16(weight)))
	binary.BigEndian.PutUint16(dst[start+4:], sign)
	binary.BigEndian.PutUint16(dst[start+6:], uint16(len(fraction)))
	return dst
}

// appendGroup appends a group of digits, with zeros behind those that the text
// does not have.
func appendGroup(dst, digits []byte, zeros int) []byte {
	var group uint16
	for _, digit := range digits {
		group = group*10 + uint16(digit-'0')
	}
	for range zeros {
		group *= 10
	}
	return binary.BigEndian.AppendUint16(dst, group)
}

// trimGroups takes groups of zeros away at both ends of those that begin at
// first, and returns the weight of what is the first of them then.
func trimGroups(dst []byte, first, weight int) (trimmed []byte, newWeight int) {
	zeros := func(at int) bool { return dst[at]|dst[at+1] == 0 }
	for len(dst) > first && zeros(len(dst)-2) {
		dst = dst[:len(dst)-2]
	}
	leading := 0
	for first+2*leading < len(dst) && zeros(first+2*leading) {
		leading++
	}
	kept := copy(dst[first:], dst[first+2*leading:])
	return dst[:first+kept], weight - leading
}

// appendDigits appends the text of a numeric, as market's Parse functions read
// it. It refuses what appendNumeric does not write.
func appendDigits(dst, raw []byte) ([]byte, error) {
	if len(raw) < numericHeader {
		return nil, fmt.Errorf("%w: %d bytes", errNumeric, len(raw))
	}
	weight := int(int16(binary.BigEndian.Uint16(raw[2:])))
	sign := binary.BigEndian.Uint16(raw[4:])
	places := int(binary.BigEndian.Uint16(raw[6:]))
	groups := raw[numericHeader:]
	if len(groups) != 2*int(binary.BigEndian.Uint16(raw)) || sign&^negative != 0 ||
		weight < -maxWeight || weight > maxWeight || places > maxPlaces {
		return nil, fmt.Errorf("%w: header %x", errNumeric, raw[:numericHeader])
	}
	if sign == negative {
		dst = append(dst, '-')
	}
	n := number{groups: groups, weight: weight}
	return n.appendTo(dst, places)
}

// number is the groups of a numeric, and the power of 10,000 of the first.
type number struct {
	groups []byte
	weight int
}

// group returns the group of a power of 10,000: 0 for those that are not there.
func (n number) group(power int) uint16 {
	at := 2 * (n.weight - power)
	if at < 0 || at >= len(n.groups) {
		return 0
	}
	return binary.BigEndian.Uint16(n.groups[at:])
}

func (n number) appendTo(dst []byte, places int) ([]byte, error) {
	whole := len(dst)
	for power := max(n.weight, 0); power >= 0; power-- {
		dst = appendFour(dst, n.group(power))
	}
	zeros := 0
	for zeros < len(dst)-whole-1 && dst[whole+zeros] == '0' {
		zeros++
	}
	dst = append(dst[:whole], dst[whole+zeros:]...)
	if places > 0 {
		dst = append(dst, '.')
		end := len(dst) + places
		for power := -1; len(dst) < end; power-- {
			dst = appendFour(dst, n.group(power))
		}
		dst = dst[:end]
	}
	for at := 0; at < len(n.groups); at += 2 {
		if binary.BigEndian.Uint16(n.groups[at:]) > 9999 {
			return nil, fmt.Errorf("%w: group %x", errNumeric, n.groups[at:at+2])
		}
	}
	return dst, nil
}

func appendFour(dst []byte, group uint16) []byte {
	return append(dst, byte('0'+group/1000%10), byte('0'+group/100%10), byte('0'+group/10%10), byte('0'+group%10))
}
