package coding

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Payloads undoes the coding of many small bodies, one after another, each of
// which stands for itself. It makes one decoder when the first one comes, and
// is used by one goroutine.
type Payloads struct {
	coding  string
	most    int
	decoder decoder
	src     bytes.Reader
	out     bytes.Buffer
}

type decoder interface {
	io.Reader
	Reset(io.Reader) error
}

var decoders = map[string]func() (decoder, error){
	"gzip": func() (decoder, error) { return new(gzip.Reader), nil },
	"br":   func() (decoder, error) { return brotli.NewReader(nil), nil },
	"zstd": func() (decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	},
}

// NewPayloads undoes the one coding of this name: gzip, br or zstd. Of a body
// that decodes to more than most bytes it reads one byte more than that.
func NewPayloads(coding string, most int) *Payloads {
	return &Payloads{coding: coding, most: most}
}

// maxKept is what a large body may leave behind of its memory.
const maxKept = 64 << 10

// Decode returns a whole body decoded. The result is valid until the next call.
func (d *Payloads) Decode(p []byte) ([]byte, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	d.src.Reset(p)
	if err := d.decoder.Reset(&d.src); err != nil {
		return nil, fmt.Errorf("undo %s: %w", d.coding, err)
	}
	if d.out.Cap() > maxKept {
		d.out = bytes.Buffer{}
	}
	d.out.Reset()
	if _, err := d.out.ReadFrom(io.LimitReader(d.decoder, int64(d.most)+1)); err != nil {
		return nil, fmt.Errorf("undo %s: %w", d.coding, err)
	}
	return d.out.Bytes(), nil
}

func (d *Payloads) open() error {
	if d.decoder != nil {
		return nil
	}
	open, ok := decoders[d.coding]
	if !ok {
		return fmt.Errorf("undo coding %q: only gzip, br and zstd are known", d.coding)
	}
	var err error
	d.decoder, err = open()
	return err
}
