package enginetest

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/relay"
)

// Engine is an engine under test.
type Engine interface {
	relay.Outlet
	relay.Inlet
	relay.Lease
	Run(ctx context.Context) error
	Connected() bool
}

// Server is a server of one test.
type Server interface {
	Addr() string
	// Kill ends it at once, and Restart starts it again on its port and data.
	Kill(tb testing.TB)
	Restart(tb testing.TB)
}

// Kit makes what is tested.
type Kit struct {
	// Start starts a server that ends with the test.
	Start func(t *testing.T) Server
	// New makes an engine for the server at an address, with its metrics in a registry.
	New func(addr string, reg prometheus.Registerer) (Engine, error)
}

// Run runs all tests.
func Run(t *testing.T, kit Kit) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Kit){
		"MessagesComeInTheOrderInWhichTheyWereSent":        inOrder,
		"WhatWasSentBeforeFollowReturnedIsNotDelivered":    nothingFromBefore,
		"TicksComeWithoutBeingFollowed":                    ticks,
		"UnfollowEndsAPartition":                           unfollow,
		"APartitionIsFollowedWhenReceiveBegins":            followBeforeReceive,
		"OneReceivesAtATime":                               oneReceiver,
		"AKilledServerIsFoundAgain":                        killed,
		"AHalfOpenConnectionIsNoticed":                     halfOpen,
		"TheLargestMessageGoesThrough":                     largest,
		"ATooLargeMessageIsRefused":                        tooLarge,
		"ASlowReceiverLosesAndIsTold":                      slow,
		"WantsReachWhoeverAsksForThem":                     wants,
		"TheNewestSnapshotIsLoaded":                        snapshots,
		"SnapshotsOutliveTheServer":                        snapshotsSurvive,
		"OfTwentyCandidatesOneGetsTheLease":                oneHolder,
		"TermsRise":                                        termsRise,
		"TermsOutliveTheServer":                            termsSurvive,
		"ALeaseDoesNotEndEarly":                            expiry,
		"RenewExtendsTheLease":                             renew,
		"WhoLostTheLeaseIsToldAndCannotGiveItBack":         takeover,
		"ALeaseThatEndedIsNotRevived":                      notRevived,
		"WithoutAConnectionEverythingFailsAndNothingLeaks": away,
		"TheBacklogTellsAgain":                             backlog,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, kit)
		})
	}
}
