package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/mattn/go-sqlite3"
)

// connection runs statements past database/sql, in which a row of many columns
// costs as much as in SQLite. The driver keeps what it has prepared
// (preparedOption). It is used by one goroutine.
type connection struct {
	conn *sqlite3.SQLiteConn
	args []driver.NamedValue // of the statement to come
}

// preparedOption is for connect.
const preparedOption = "_stmt_cache_size=16"

// bind sets the arguments.
func (c *connection) bind(args ...any) error {
	c.args = c.args[:0]
	for _, a := range args {
		if err := c.add(a); err != nil {
			return err
		}
	}
	return nil
}

// add adds an argument.
func (c *connection) add(v any) error {
	if valuer, ok := v.(driver.Valuer); ok {
		var err error
		if v, err = valuer.Value(); err != nil {
			return err
		}
	}
	if !driver.IsValue(v) {
		return fmt.Errorf("argument %d of a statement is a %T", len(c.args)+1, v)
	}
	c.args = append(c.args, driver.NamedValue{Ordinal: len(c.args) + 1, Value: v})
	return nil
}

// run runs a statement of which no rows are wanted. It asks as if for rows: the
// driver then binds all arguments and takes the step in one call into C, where
// it else makes one for each.
func (c *connection) run(text string) error {
	rows, err := c.conn.QueryContext(context.Background(), text, c.args)
	if err != nil {
		return err
	}
	return rows.Close()
}

// rows runs a statement and calls each with every row, of n columns. The values
// are valid until it returns.
func (c *connection) rows(text string, n int, each func([]driver.Value) error) (err error) {
	rows, err := c.conn.QueryContext(context.Background(), text, c.args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, n)
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
}
