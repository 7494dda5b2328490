// Package sqlite keeps history in one file, without a server.
package sqlite

import _ "modernc.org/sqlite" // the driver
