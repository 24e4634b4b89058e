//go:build race

package proxy

// The race detector makes TLS many times slower.
const largeBody = 10 << 20
