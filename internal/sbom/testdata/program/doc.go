// Command program is made of some modules of others, which is all it is for.
package main

import (
	_ "github.com/gorilla/websocket"
	_ "github.com/vmihailenco/msgpack/v5"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
)

func main() {}
