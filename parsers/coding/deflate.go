package coding

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
)

// inflater undoes gzip and deflate. It opens its decoder at the first Read,
// because opening one reads a header.
type inflater struct {
	src  *bufio.Reader
	open func(*inflater) error
	now  io.Reader // nil: to be opened
	err  error
	gzip *gzip.Reader // the decoder of gzip members
}

func newGzip(src io.Reader) (io.ReadCloser, error) {
	return &inflater{src: bufio.NewReader(src), open: (*inflater).openMember}, nil
}

func newDeflate(src io.Reader) (io.ReadCloser, error) {
	return &inflater{src: bufio.NewReader(src), open: (*inflater).openDeflate}, nil
}

func (f *inflater) Close() error { return nil }

func (f *inflater) Read(p []byte) (int, error) {
	for f.err == nil {
		if f.now == nil {
			if f.err = f.open(f); f.err != nil {
				break
			}
		}
		n, err := f.now.Read(p)
		switch {
		case errors.Is(err, io.EOF) && f.gzip != nil:
			f.now = nil // what was read goes out before another member is waited for
		case err != nil:
			f.err = err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, f.err
}

// openMember opens the next of the gzip members that a body may hold. What
// follows a member and is none is ignored, as browsers and curl do.
func (f *inflater) openMember() error {
	var err error
	if f.gzip == nil {
		f.gzip, err = gzip.NewReader(f.src)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	} else if err = f.gzip.Reset(f.src); err != nil {
		err = io.EOF
	}
	if err != nil {
		return err
	}
	f.gzip.Multistream(false)
	f.now = f.gzip
	return nil
}

// openDeflate looks at the first two bytes: deflate should mean the zlib
// format, but some servers send its bare content.
func (f *inflater) openDeflate() error {
	head, err := f.src.Peek(2)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	if isZlib(head) {
		f.now, err = zlib.NewReader(f.src)
		return err
	}
	f.now = flate.NewReader(f.src)
	return nil
}

// isZlib tests the method, the window and the check bits of RFC 1950 §2.2.
func isZlib(head []byte) bool {
	return head[0]&0x0f == 8 && head[0]>>4 <= 7 && (int(head[0])<<8|int(head[1]))%31 == 0
}
