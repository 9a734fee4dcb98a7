// Package docs has the documents that the command shows: who has a binary alone has them, too.
package docs

import _ "embed" // the documents

// Formats is formats.md: exit statuses, JSON forms, and what stays compatible.
//
//go:embed formats.md
var Formats string

// Glossary is glossary.md: the terms, a line each.
//
//go:embed glossary.md
var Glossary string
