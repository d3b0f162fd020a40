// Package schema_test holds the schema of playbooks against what authors use: the
// YAML language server that their editors run, started for real and spoken to
// over its standard input. It runs with the tag editor; make test-schema installs
// the server and names it.
package schema_test
