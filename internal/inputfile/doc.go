// Package inputfile reads files that somebody named: regular files only, whole, and no larger than
// they may be. Nothing that is named can make it wait or fill the memory.
package inputfile
