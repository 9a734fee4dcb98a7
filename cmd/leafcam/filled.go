package main

import (
	"errors"
	"strings"
)

// filled is the value of a flag that is not empty where it is given: an empty one is a mistake, most often a variable of a
// script that is not set.
type filled struct{ to *string }

var errEmptyValue = errors.New("an empty value")

func (v filled) String() string {
	if v.to == nil { // as pflag makes one to compare with
		return ""
	}
	return *v.to
}

func (filled) Type() string { return "string" }

func (v filled) Set(value string) error {
	if strings.TrimSpace(value) == "" {
		return errEmptyValue
	}
	*v.to = value
	return nil
}
