package mbedtls

import "time"

// readValidity reads a Validity (RFC 5280 section 4.1.2.5). The dates must exist in
// the calendar; their order and the clock do not matter for the camera's own certificate.
func readValidity(tbs *berReader) (notBefore, notAfter time.Time, err error) {
	validity, err := tbs.child(tagSequence)
	if err != nil {
		return notBefore, notAfter, errX509InvalidDate.with(err)
	}
	if notBefore, err = readTime(&validity); err != nil {
		return notBefore, notAfter, err
	}
	if notAfter, err = readTime(&validity); err != nil {
		return notBefore, notAfter, err
	}
	if !validity.empty() {
		return notBefore, notAfter, errX509InvalidDate.with(errLengthMismatch)
	}
	return notBefore, notAfter, nil
}

func readTime(validity *berReader) (time.Time, error) {
	tag, text, err := validity.oneOf(tagUTCTime, tagGeneralizedTime)
	switch {
	case err != nil:
		return time.Time{}, errX509InvalidDate.with(err)
	case tag == tagUTCTime:
		return parseTime(text, 2)
	}
	return parseTime(text, 4)
}

// parseTime reads YY[YY]MMDDHHMMSS with or without a final Z.
func parseTime(text []byte, yearDigits int) (time.Time, error) {
	digits := yearDigits + 10
	if len(text) < digits || len(text) > digits+1 || (len(text) == digits+1 && text[digits] != 'Z') {
		return time.Time{}, errX509InvalidDate
	}
	for _, b := range text[:digits] {
		if b < '0' || b > '9' {
			return time.Time{}, errX509InvalidDate
		}
	}
	number := func(s []byte) (n int) {
		for _, b := range s {
			n = n*10 + int(b-'0')
		}
		return n
	}
	year := number(text[:yearDigits])
	if yearDigits == 2 {
		if year < 50 {
			year += 100
		}
		year += 1900
	}
	rest := text[yearDigits:digits]
	month, day := number(rest[:2]), number(rest[2:4])
	hour, minute, second := number(rest[4:6]), number(rest[6:8]), number(rest[8:])
	if month < 1 || month > 12 || day < 1 || day > daysIn(month, year) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, errX509InvalidDate
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC), nil
}

func daysIn(month, year int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
