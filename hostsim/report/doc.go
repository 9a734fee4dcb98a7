// Package report shows a matrix in many forms: a table for a terminal, JSON, JUnit XML,
// Markdown, and one self-contained HTML page; and it tells what has changed since an earlier
// one. Start with [Table], [Write] and [Compare].
package report
