// Package coding undoes the content codings of HTTP bodies: gzip, br, zstd and
// deflate, alone or one around another. It is made for streams: what a sender
// has flushed can be read at once, before the next byte has come.
package coding
