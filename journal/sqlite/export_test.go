package sqlite

import "database/sql"

// Pools gives tests the connections as they are configured.
func (j *Journal) Pools() (write, read *sql.DB) { return j.write, j.read }
