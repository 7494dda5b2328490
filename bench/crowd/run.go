package crowd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"ticker/bench"
)

// Run carries out the orders that it reads, a JSON object each, and writes a
// reply to each of them, a JSON object a line. The first order is to connect, the
// others are to measure. When the input ends it closes all connections, waits for
// all clients and returns nil. The error is that of an order that cannot be read
// or makes no sense, of a reply that cannot be written, or of ctx.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, replies := json.NewDecoder(in), json.NewEncoder(out)
	orders.DisallowUnknownFields()
	first, err := next(orders)
	if first == nil {
		return err
	}
	c, err := newCrowd(first.Connect)
	if err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	ctx, leave := context.WithCancel(ctx)
	defer c.clients.Wait()
	defer leave() // which ends those that are waited for
	if err := c.connect(ctx); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	reply := &bench.Reply{Connected: c.board.connected(), Faults: c.faults.take()}
	for {
		if err := replies.Encode(reply); err != nil {
			return fmt.Errorf("write reply: %w", err)
		}
		order, err := next(orders)
		if order == nil {
			return err
		}
		if reply, err = c.obey(ctx, order); err != nil {
			return err
		}
	}
}

// next returns the next order, nil at the end of the input or with an error.
func next(orders *json.Decoder) (*bench.Order, error) {
	var order bench.Order
	err := orders.Decode(&order)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	return &order, nil
}

// obey carries out an order that is not the first.
func (c *crowd) obey(ctx context.Context, order *bench.Order) (*bench.Reply, error) {
	length := order.Measure
	if order.Connect != nil || length == nil || *length <= 0 || *length > bench.Duration(bench.MaxDuration) {
		return nil, fmt.Errorf("read order: it must be to measure, for up to %v", bench.MaxDuration)
	}
	tally, err := c.measure(ctx, time.Duration(*length))
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	return &bench.Reply{Connected: tally.Clients, Tally: tally}, nil
}
