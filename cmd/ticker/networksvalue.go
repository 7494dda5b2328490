package main

import (
	"fmt"
	"net/netip"
)

// networksValue is a list of addresses and networks.
type networksValue []netip.Prefix

func (v *networksValue) set(items []string) error {
	var networks []netip.Prefix
	for _, item := range items {
		network, err := netip.ParsePrefix(item)
		if address, bad := netip.ParseAddr(item); bad == nil {
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return fmt.Errorf("%q is neither an address nor a network: want one such as 192.0.2.1 or 10.0.0.0/8", item)
		}
		if network.Bits() == 0 {
			return fmt.Errorf("%q is everybody: whoever connects could say that it is somebody else", item)
		}
		networks = append(networks, network)
	}
	*v = networks
	return nil
}

func (v *networksValue) get() []string {
	var items []string
	for _, network := range *v {
		if network.IsSingleIP() {
			items = append(items, network.Addr().String())
		} else {
			items = append(items, network.String())
		}
	}
	return items
}

func (v *networksValue) list() bool { return true }
