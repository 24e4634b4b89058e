package coding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

type flusher interface {
	io.WriteCloser
	Flush() error
}

func rawDeflate(w io.Writer) flusher {
	f, err := flate.NewWriter(w, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	return f
}

func zstdWriter(w io.Writer) flusher {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic(err)
	}
	return z
}

var writers = []struct {
	name string
	open func(io.Writer) flusher
}{
	{"gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	{"X-GZip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	{"deflate", func(w io.Writer) flusher { return zlib.NewWriter(w) }},
	{"deflate", rawDeflate},
	{"br", func(w io.Writer) flusher { return brotli.NewWriter(w) }},
	{"zstd", zstdWriter},
}

// A flushed event can be read before the next one is written: the pipe would
// block for ever otherwise.
func TestFlushedEventIsReadableAtOnce(t *testing.T) {
	for i, c := range writers {
		t.Run(fmt.Sprint(i, c.name), func(t *testing.T) {
			pr, pw := io.Pipe()
			r, err := NewReader(c.name, pr)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			next := make(chan string)
			done := make(chan error, 1)
			go func() { done <- writeEvents(c.open(pw), pw, next) }()
			for n := range 5 {
				event := fmt.Sprintf("data: event %d\n\n", n)
				next <- event
				got := make([]byte, len(event))
				if _, err := io.ReadFull(r, got); err != nil || string(got) != event {
					t.Fatalf("event %d: got %q, %v", n, got, err)
				}
			}
			close(next)
			if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
				t.Errorf("after the last event: %q, %v", rest, err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func writeEvents(w flusher, pipe io.Closer, events <-chan string) error {
	for event := range events {
		if _, err := io.WriteString(w, event); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return pipe.Close()
}

func encode(t testing.TB, open func(io.Writer) flusher, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOneByteAtATime(t *testing.T) {
	body := []byte(strings.Repeat("data: {\"a\":1}\n\n", 500))
	for i, c := range writers {
		r, err := NewReader(c.name, iotest.OneByteReader(bytes.NewReader(encode(t, c.open, body))))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d %s: %d bytes of %d, %v", i, c.name, len(got), len(body), err)
		}
		r.Close()
	}
}

// A cut body ends in ErrUnexpectedEOF, and what a flush had completed before
// the cut is still returned.
func TestCutBody(t *testing.T) {
	for i, c := range writers {
		var b bytes.Buffer
		w := c.open(&b)
		if _, err := io.WriteString(w, "data: one\n\n"); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(c.name, bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if string(got) != "data: one\n\n" || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d %s: got %q, %v", i, c.name, got, err)
		}
		r.Close()
	}
}

func TestListIsUndoneFromTheLast(t *testing.T) {
	body := []byte("both")
	coded := encode(t, writers[4].open, encode(t, writers[0].open, body))
	r, err := NewReader(" GZIP ,identity, br", bytes.NewReader(coded))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestIdentity(t *testing.T) {
	for _, name := range []string{"", "identity", "Identity"} {
		r, err := NewReader(name, strings.NewReader("as it is"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "as it is" {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
}

func TestUnknownCodingIsAnError(t *testing.T) {
	for _, name := range []string{"compress", "gzip, exi", "br,br,br,br"} {
		if _, err := NewReader(name, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "content coding") {
			t.Errorf("%q: got error %v", name, err)
		}
	}
}

func TestBrokenBodyIsAnError(t *testing.T) {
	for _, name := range []string{"gzip", "br", "zstd", "deflate"} {
		r, err := NewReader(name, strings.NewReader("\xff\xff\xff this is no coded body"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got error %v", name, err)
		}
		r.Close()
	}
}

func TestGzipMembersAndWhatFollows(t *testing.T) {
	one, two := encode(t, writers[0].open, []byte("one ")), encode(t, writers[0].open, []byte("two"))
	r, err := NewReader("gzip", io.MultiReader(bytes.NewReader(one), bytes.NewReader(two), strings.NewReader("\x00\x00junk after the end")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "one two" {
		t.Errorf("got %q, %v", got, err)
	}
}

// RFC 9659 allows 8 MiB; a larger window would let a sender make us allocate
// what it likes.
func TestZstdWindowIsBounded(t *testing.T) {
	wide := encode(t, func(w io.Writer) flusher {
		z, err := zstd.NewWriter(w, zstd.WithWindowSize(64<<20))
		if err != nil {
			t.Fatal(err)
		}
		return z
	}, bytes.Repeat([]byte("0123456789abcdef"), 5<<20))
	r, err := NewReader("zstd", bytes.NewReader(wide))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("a window of 64 MiB was accepted")
	}
}

func FuzzNewReader(f *testing.F) {
	for _, c := range writers {
		f.Add(c.name, encode(f, c.open, []byte("data: {}\n\n")))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		r, err := NewReader(name, bytes.NewReader(body))
		if err != nil {
			return
		}
		defer r.Close()
		_, _ = io.CopyN(io.Discard, r, 1<<20) // any error is fine; a panic is not
	})
}
