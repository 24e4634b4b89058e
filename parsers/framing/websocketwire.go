package framing

import (
	"encoding/binary"
	"math/bits"
)

// RFC 6455 §5.2.
const (
	bitFinal  = 0x80
	bitRSV1   = 0x40 // RFC 7692 §6: the message is compressed
	bitsRSV23 = 0x30
	bitMasked = 0x80 // of the second byte

	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa

	maxControl = 125
)

// headSize is how long a head is that begins so, as far as that shows.
func headSize(head []byte) int {
	if len(head) < 2 {
		return 2
	}
	size := 2
	switch head[1] &^ bitMasked {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if head[1]&bitMasked != 0 {
		size += 4
	}
	return size
}

// length is what a complete head says of the payload.
func length(head []byte) uint64 {
	switch n := head[1] &^ bitMasked; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		return binary.BigEndian.Uint64(head[2:])
	default:
		return uint64(n)
	}
}

// unmask writes to dst what src is under the key, and returns the key turned to
// the byte that follows (RFC 6455 §5.3).
func unmask(dst, src []byte, key uint32) uint32 {
	for wide := uint64(key)<<32 | uint64(key); len(src) >= 8; src, dst = src[8:], dst[8:] {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^wide)
	}
	for i, c := range src {
		dst[i] = c ^ byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}
