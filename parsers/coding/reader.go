package coding

import (
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxCodings bounds how many codings may wrap one another, each with a window
// of its own.
const maxCodings = 3

// open makes the reader that undoes each coding. None of them reads from its
// source before it is read from.
var open = map[string]func(io.Reader) (io.ReadCloser, error){
	"gzip":    newGzip,
	"x-gzip":  newGzip,
	"deflate": newDeflate,
	"br":      newBrotli,
	"zstd":    newZstd,
}

// NewReader undoes the codings that a Content-Encoding field lists, in the
// order in which they were applied. It reads nothing from src yet, and later
// never more than src has. Reading ends with io.EOF after the coded data and
// with io.ErrUnexpectedEOF when src ends before it; whatever came until then
// is returned first. The reader is for one goroutine at a time, keeps at most a window of
// 16 MiB per coding, and starts no goroutine.
func NewReader(contentEncoding string, src io.Reader) (io.ReadCloser, error) {
	codings := split(contentEncoding)
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("undo content coding %q: at most %d codings are expected", contentEncoding, maxCodings)
	}
	r := chain{Reader: src}
	for i := len(codings) - 1; i >= 0; i-- {
		undo, ok := open[codings[i]]
		if !ok {
			_ = r.Close() // nothing was read
			return nil, fmt.Errorf("undo content coding %q: only gzip, br, zstd and deflate are known", codings[i])
		}
		next, err := undo(r.Reader)
		if err != nil {
			_ = r.Close() // as above
			return nil, fmt.Errorf("undo content coding %q: %w", codings[i], err)
		}
		r.Reader, r.layers = next, append(r.layers, next)
	}
	return &r, nil
}

// split lists the codings in lower case, without identity, which changes
// nothing.
func split(contentEncoding string) []string {
	var codings []string
	for c := range strings.SplitSeq(contentEncoding, ",") {
		if c = strings.ToLower(strings.TrimSpace(c)); c != "" && c != "identity" {
			codings = append(codings, c)
		}
	}
	return codings
}

// chain reads the innermost layer and closes them all.
type chain struct {
	io.Reader
	layers []io.ReadCloser
}

func (c *chain) Close() error {
	var first error
	for _, l := range c.layers {
		if err := l.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func newBrotli(src io.Reader) (io.ReadCloser, error) {
	return io.NopCloser(brotli.NewReader(src)), nil
}

// newZstd takes windows up to the 8 MiB that RFC 9659 allows in HTTP.
func newZstd(src io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
