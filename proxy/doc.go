// Package proxy passes the traffic between agents and providers on, untouched,
// and lets a [Tap] listen.
//
// A front is a way in; all fronts share one port. The forward front answers
// CONNECT and plain proxy requests (HTTPS_PROXY), and either tunnels a
// connection byte for byte or intercepts it. The reverse front takes requests
// below a prefix, for agents with a base URL. Both hand their requests to the
// one relay, which sends them upstream over one transport. The tap sits at that
// transport: it sees every byte that passes in either direction, and nothing it
// does can change, hold or fail them.
//
// The package sees bytes and headers, never what they mean: what is to be
// intercepted, which certificate to show and what to make of an exchange come
// in through [Options].
package proxy
