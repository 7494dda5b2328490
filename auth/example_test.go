package auth_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ticker/auth"
)

// A service that accepts tokens it can make itself, as one does in development.
func Example() {
	cfg := auth.JWT{Algorithm: auth.HS256, Secret: "32 bytes or more, best random ones"}
	authority, err := auth.New(auth.Config{JWT: cfg})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := auth.Mint(cfg, auth.Claims{
		Subject: "desk-1", Expires: time.Now().Add(time.Hour), Rights: auth.Rights{Symbols: []string{"BTC-*"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	grant, err := authority.Authenticate(context.Background(), token)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(grant.Subject, grant.MayRead("BTC-USD"), grant.MayRead("AAPL"), grant.MayPublish("BTC-USD"))

	_, err = authority.Authenticate(context.Background(), token+"x")
	if refusal, ok := errors.AsType[*auth.Refusal](err); ok {
		fmt.Println(refusal.Reason)
	}
	// Output:
	// desk-1 true false false
	// bad_signature
}
