// SPDX-License-Identifier: Apache-2.0

package network_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/komsco/trust-platform/network"
)

// Every member renders its own nodes' settings from the data that all of them share.
func Example() {
	consortium, err := network.Load("testdata/several-hosts.yaml")
	if err != nil {
		log.Fatal(err)
	}
	city, err := consortium.Organisation("city")
	if err != nil {
		log.Fatal(err)
	}
	folders := network.Folders{Crypto: "/etc/fabric/crypto", Data: "/var/lib/fabric", Builder: "/usr/lib/ccaas"}
	settings, err := consortium.PeerSettings(city, city.Nodes[0], folders)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(string(settings)) {
		if strings.Contains(line, "istenAddress: ") || strings.HasPrefix(line, "  address: ") {
			fmt.Print(line)
		}
	}
	// Output:
	//   listenAddress: "192.0.2.10:7051"
	//   address: "trust-peer.city.example:443"
	//   chaincodeListenAddress: "127.0.0.1:7052"
	//   listenAddress: "127.0.0.1:9443"
}
