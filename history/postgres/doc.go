// Package postgres keeps history in PostgreSQL.
package postgres

import _ "github.com/jackc/pgx/v5/pgxpool" // the pool
