package proxy

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
)

// wire is a connection that keeps what is written, and gives what is to be read.
type wire struct {
	net.Conn
	in  bytes.Reader
	out bytes.Buffer
}

func (w *wire) Read(p []byte) (int, error)  { return w.in.Read(p) }
func (w *wire) Write(p []byte) (int, error) { return w.out.Write(p) }
func (w *wire) Close() error                { return nil }

// made returns the bytes of frames.
func made(t *testing.T, write func(*http2.Framer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(http2.NewFramer(&b, nil)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(f *http2.Framer) error {
	return f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("a head"), EndHeaders: true})
}

func closed(f *http2.Framer) error { return f.WriteData(1, true, nil) }

func reset(f *http2.Framer) error { return f.WriteRSTStream(1, http2.ErrCodeNo) }

// hears lets the connection read these bytes.
func hears(t *testing.T, c *http2Conn, p []byte) {
	t.Helper()
	c.Conn.(*wire).in.Reset(p)
	if _, err := io.ReadFull(c, make([]byte, len(p))); err != nil {
		t.Fatal(err)
	}
}

// sent is what was written so far.
func sent(c *http2Conn) []byte {
	c.writing.Lock()
	defer c.writing.Unlock()
	return bytes.Clone(c.Conn.(*wire).out.Bytes())
}

func newWire() *http2Conn {
	return &http2Conn{Conn: new(wire), open: make(map[uint32]*openHalf)}
}

// TestResetsInAnyPieces: however the frames are cut into writes, one reset is
// withheld and all else passes.
func TestResetsInAnyPieces(t *testing.T) {
	before := made(t, func(f *http2.Framer) error { return f.WriteData(1, true, bytes.Repeat([]byte{3}, 40)) })
	after := made(t, func(f *http2.Framer) error { return f.WriteRSTStream(3, http2.ErrCodeCancel) })
	all := bytes.Join([][]byte{before, made(t, reset), after, before}, nil)
	for size := 1; size <= len(all); size++ {
		c := newWire()
		for i := range made(t, opened) {
			hears(t, c, made(t, opened)[i:i+1])
		}
		for p := all; len(p) > 0; p = p[min(size, len(p)):] {
			if n, err := c.Write(p[:min(size, len(p))]); err != nil || n != min(size, len(p)) {
				t.Fatalf("%d, %v", n, err)
			}
		}
		if got := sent(c); !bytes.Equal(got, bytes.Join([][]byte{before, after, before}, nil)) {
			t.Errorf("in pieces of %d: %x", size, got)
		}
		_ = c.Close() // never fails
	}
}

// TestResetsAreReleased: an agent that leaves its half open, or goes on sending,
// hears of the reset after all; one that closes its half does not.
func TestResetsAreReleased(t *testing.T) {
	for name, c := range map[string]struct {
		says  func(*http2.Framer) error
		after time.Duration // 0: never
	}{
		"silent":     {func(*http2.Framer) error { return nil }, resetAfter},
		"heartbeats": {func(f *http2.Framer) error { return f.WriteData(1, false, []byte("heartbeat")) }, resetAfter},
		"uploads":    {func(f *http2.Framer) error { return f.WriteData(1, false, make([]byte, maxLate+1)) }, time.Nanosecond},
		"closes":     {closed, 0},
		"resets":     {reset, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := newWire()
				hears(t, conn, made(t, opened))
				if _, err := conn.Write(made(t, reset)); err != nil {
					t.Fatal(err)
				}
				hears(t, conn, made(t, c.says))
				if c.after > 0 {
					time.Sleep(c.after - time.Nanosecond) // of the bubble's time
					synctest.Wait()
					if got := sent(conn); len(got) > 0 && c.after > time.Nanosecond {
						t.Errorf("it was reset early: %x", got)
					}
				}
				time.Sleep(2 * resetAfter)
				synctest.Wait()
				var want []byte
				if c.after > 0 {
					want = made(t, reset)
				}
				if got := sent(conn); !bytes.Equal(got, want) {
					t.Errorf("sent %x, want %x", got, want)
				}
				if len(conn.open) > 0 {
					t.Errorf("it remembers %v", conn.open)
				}
			})
		})
	}
}

// TestResetWaitsForTheFrame: a reset never lands within another frame.
func TestResetWaitsForTheFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newWire()
		hears(t, c, made(t, opened))
		other := made(t, func(f *http2.Framer) error { return f.WriteData(3, false, make([]byte, 100)) })
		for _, p := range [][]byte{made(t, reset), other[:50]} {
			if _, err := c.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(resetAfter)
		synctest.Wait()
		if _, err := c.Write(other[50:]); err != nil {
			t.Fatal(err)
		}
		if got := sent(c); !bytes.Equal(got, append(other, made(t, reset)...)) {
			t.Errorf("sent %x", got)
		}
	})
}
