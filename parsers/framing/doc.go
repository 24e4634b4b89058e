// Package framing cuts a response body into frames: the units in which a
// provider speaks.
//
// A [Cutter] is pushed bytes and hands each frame to a function as soon as it
// is complete. How the bytes are cut into writes never changes the frames. A
// frame that lies whole within one write is handed on without being copied.
//
// Memory is bounded however large a body is. A frame of up to 256 KiB is kept
// as it came. A larger one is kept elided: strings of more than 1 KiB are
// emptied and long arrays of numbers lose their elements, which leaves keys,
// nesting and every small value, so that usage at the end of a document with an
// image in it is still found. What stays too large even so (4 MiB), or nests
// deeper than any provider does, comes as a frame without data that says so.
package framing
