package venue

import "math"

// Places of Fixed that give microseconds.
const (
	// Seconds is for seconds with a fraction: "1618678145.920708".
	Seconds = 6
	// Millis is for milliseconds: "1685221623229".
	Millis = 3
	// Micros is for microseconds: "1641343699596000".
	Micros = 0
)

// Fixed reads an unsigned decimal number without exponent and returns it times
// 10^places. Digits beyond those places are checked and cut off.
func Fixed(text []byte, places int) (int64, bool) {
	value, point, ok := int64(0), len(text), len(text) > 0
	for i, c := range text {
		switch {
		case c == '.' && i > 0 && point == len(text):
			point = i
		case c-'0' > 9:
			return 0, false
		case i-point <= places:
			value, ok = shift(value, c-'0', ok)
		}
	}
	if point == len(text)-1 {
		return 0, false // a point and nothing behind it
	}
	for range places - max(0, min(places, len(text)-1-point)) {
		value, ok = shift(value, 0, ok)
	}
	return value, ok
}

func shift(value int64, digit byte, ok bool) (int64, bool) {
	if value > (math.MaxInt64-int64(digit))/10 {
		return 0, false
	}
	return value*10 + int64(digit), ok
}

// RFC3339 reads "2021-04-17T16:43:29.571587Z", with any number of digits of a
// second or none and with Z or an offset, and returns the microseconds since
// the Unix epoch, cut and not rounded. Times before the epoch are no times of
// a market.
func RFC3339(text []byte) (int64, bool) {
	const date = len("2006-01-02T")
	if len(text) < len("2006-01-02T15:04:05Z") || text[date-1] != 'T' {
		return 0, false
	}
	days, ok := days(text)
	clock, ok2 := seconds(text[date:])
	micros, zone, ok3 := fraction(text[date+len("15:04:05"):])
	offset, ok4 := offset(zone)
	if !ok || !ok2 || !ok3 || !ok4 {
		return 0, false
	}
	at := (days*86400+clock-offset)*1e6 + micros
	return at, at >= 0
}

// days reads a date and returns its day since the Unix epoch.
func days(text []byte) (int64, bool) {
	century, year, month, day := pair(text), pair(text[2:]), pair(text[5:]), pair(text[8:])
	if text[4] != '-' || text[7] != '-' || century > 99 || year > 99 {
		return 0, false
	}
	year += century * 100
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	// Years that begin in March have their leap day last, where it shifts no
	// other: from there on months have 153 days in five.
	if month < 3 {
		year, month = year-1, month+12
	}
	day += (153*(month-3)+2)/5 - 1
	return year*365 + year/4 - year/100 + year/400 + day - 719468, true
}

func daysIn(year, month int64) int64 {
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	switch {
	case month == 2 && leap:
		return 29
	case month == 2:
		return 28
	}
	return 30 + (month+month/8)%2
}

// seconds reads "15:04:05" as a number of seconds.
func seconds(text []byte) (int64, bool) {
	hour, minute, second := pair(text), pair(text[3:]), pair(text[6:])
	ok := text[2] == ':' && text[5] == ':' && hour < 24 && minute < 60 && second < 60
	return hour*3600 + minute*60 + second, ok
}

// fraction reads ".571587", if it is there, as microseconds, and returns what
// comes behind.
func fraction(text []byte) (micros int64, rest []byte, ok bool) {
	if text[0] != '.' {
		return 0, text, true
	}
	i, scale := 1, int64(100_000)
	for ; i < len(text) && text[i]-'0' <= 9; i++ {
		micros += int64(text[i]-'0') * scale
		scale /= 10
	}
	return micros, text[i:], i > 1
}

// offset reads "Z" or "+02:00" as the seconds that a clock there is ahead.
func offset(text []byte) (int64, bool) {
	switch {
	case len(text) == 1 && text[0] == 'Z':
		return 0, true
	case len(text) != len("+02:00") || text[3] != ':':
		return 0, false
	}
	hours, minutes := pair(text[1:]), pair(text[4:])
	ahead, ok := hours*3600+minutes*60, hours < 24 && minutes < 60
	switch text[0] {
	case '+':
		return ahead, ok
	case '-':
		return -ahead, ok
	}
	return 0, false
}

// pair reads two digits. Without them it returns a number that no part of a
// time may be.
func pair(text []byte) int64 {
	tens, ones := text[0]-'0', text[1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return int64(tens)*10 + int64(ones)
}
