// Package report shows a matrix: as a table for a terminal, or as JSON. Start with
// [Table] and [JSON].
package report
