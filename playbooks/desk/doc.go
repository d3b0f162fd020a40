// Package desk is what an author of playbooks works with, besides the loader:
// reports for people and machines, one form for files, a schema for editors, a
// first draft, differences in words, an export.
//
// It is pure: it takes what was loaded or written and gives text. It decides
// nothing that a daemon relies on.
package desk
