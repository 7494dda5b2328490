package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// question is a query and its parameters.
type question struct {
	text string
	args []any
}

// each reads every row of the answer into dest and calls take.
func (q question) each(ctx context.Context, tx *sql.Tx, dest []any, take func() error) (err error) {
	rows, err := tx.QueryContext(ctx, q.text, q.args...)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := take(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// days returns the days from one to another, both included, that have tables,
// in order.
func days(ctx context.Context, tx *sql.Tx, from, to day) ([]day, error) {
	var list []day
	var d day
	q := question{"SELECT day FROM days WHERE day BETWEEN ? AND ? ORDER BY day", []any{int64(from), int64(to)}}
	err := q.each(ctx, tx, []any{&d}, func() error {
		list = append(list, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read days: %w", err)
	}
	return list, nil
}

// dayBefore returns the last day before another that has tables.
func dayBefore(ctx context.Context, tx *sql.Tx, d day) (before day, ok bool, err error) {
	var last sql.Null[day]
	err = tx.QueryRowContext(ctx, "SELECT max(day) FROM days WHERE day < ?", int64(d)).Scan(&last)
	if err != nil {
		return 0, false, fmt.Errorf("read days: %w", err)
	}
	return last.V, last.Valid, nil
}

// list is the parameter of json_each that stands for a list of numbers, or of
// lists of them.
func list[T any](numbers []T) string {
	text, err := json.Marshal(numbers)
	if err != nil { // numbers always can be
		panic(err)
	}
	return string(text)
}

// insert writes rows of a width into a table.
type insert struct {
	into  string // the table, with its columns if not all are given
	width int
	tail  string // what follows the rows
}

// insertRows is the most rows of one statement: enough to make the cost of a
// statement small against that of its rows, and few enough for the parameters
// that SQLite takes.
const insertRows = 100

// run writes the rows whose values stand in args one after the other.
func (in insert) run(ctx context.Context, tx *sql.Tx, args []any) error {
	const full = insertRows
	if whole := len(args) / in.width / full; whole > 0 {
		stmt, err := tx.PrepareContext(ctx, in.text(full))
		if err != nil {
			return err
		}
		defer func() { _ = stmt.Close() }() // it is gone with the transaction at the latest
		for range whole {
			if _, err := stmt.ExecContext(ctx, args[:full*in.width]...); err != nil {
				return err
			}
			args = args[full*in.width:]
		}
	}
	if len(args) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, in.text(len(args)/in.width), args...)
	return err
}

func (in insert) text(rows int) string {
	row := "(?" + strings.Repeat(",?", in.width-1) + ")"
	return "INSERT INTO " + in.into + " VALUES " + row + strings.Repeat(","+row, rows-1) + in.tail
}
