package aia

import (
	"io"
	"log"
)

// quiet swallows what net/http says of clients that leave, which is what many do here.
var quiet = log.New(io.Discard, "", 0)
