//go:build !race

package proxy

const largeBody = 100 << 20
