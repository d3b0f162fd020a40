package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// schemaVersion is SQLite's user_version of the tables below.
const schemaVersion = 1

// applicationID marks the file as ours: "FBRK".
const applicationID = 0x4642524b

const schema = `
create table facts(
  stream text not null, seq integer not null, run integer not null, kind text not null,
  happened integer not null, seen integer not null, written integer not null, -- microseconds since 1970, UTC
  exercise integer not null, body blob not null, prev blob not null, hash blob not null,
  primary key(stream, seq)) without rowid;
create table claims(
  key text primary key, owner text not null, stream text not null, seq integer not null) without rowid;
create table streams(
  stream text primary key, seq integer not null, hash blob not null,
  open integer not null, changed integer not null) without rowid;
create index streams_open on streams(open, changed);
create table checkpoints(
  n integer primary key, written integer not null, marks blob not null, prev blob not null, hash blob not null);
create trigger facts_stay before update on facts begin select raise(abort, 'facts are never changed'); end;
create trigger facts_remain before delete on facts begin select raise(abort, 'facts are never deleted'); end;
create trigger checkpoints_stay before update on checkpoints begin select raise(abort, 'checkpoints are never changed'); end;
create trigger checkpoints_remain before delete on checkpoints begin select raise(abort, 'checkpoints are never deleted'); end;
`

// migrate brings an empty file to the present schema in one transaction: a
// crash leaves either nothing or all of it.
func migrate(ctx context.Context, db *sql.DB) error {
	version, tables, err := fileState(ctx, db)
	if err != nil {
		return err
	}
	if version != 0 || tables != 0 {
		if err := checkSchema(ctx, db); err != nil {
			return err
		}
		// Write the version it has: a disk that is full or read-only is found
		// now, and not by the first alert.
		_, err := db.ExecContext(ctx, fmt.Sprintf("pragma user_version = %d", schemaVersion))
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing happens after a commit
	for _, statement := range []string{
		schema,
		fmt.Sprintf("pragma application_id = %d", applicationID),
		fmt.Sprintf("pragma user_version = %d", schemaVersion),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make the tables: %w", err)
		}
	}
	return tx.Commit()
}

func fileState(ctx context.Context, db *sql.DB) (version, tables int, err error) {
	if err := db.QueryRowContext(ctx, "pragma user_version").Scan(&version); err != nil {
		return 0, 0, err
	}
	err = db.QueryRowContext(ctx, "select count(*) from sqlite_master").Scan(&tables)
	return version, tables, err
}

// checkSchema refuses a file of another program or of another version.
func checkSchema(ctx context.Context, db *sql.DB) error {
	var id int
	if err := db.QueryRowContext(ctx, "pragma application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return fmt.Errorf("this SQLite file is no firebreak journal; name another one")
	}
	version, _, err := fileState(ctx, db)
	if err != nil {
		return err
	}
	if version != schemaVersion {
		return fmt.Errorf("the journal has schema %d, this version reads %d; use the version of firebreak that wrote it", version, schemaVersion)
	}
	return nil
}
