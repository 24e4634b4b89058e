package proxy

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// framer is one end of an HTTP/2 connection, to do what net/http does not: it
// says when either half of a stream ends, and hears how.
type framer struct {
	testing.TB
	*http2.Framer
	block bytes.Buffer
	heads *hpack.Encoder
}

func newFramer(tb testing.TB, conn net.Conn) *framer {
	f := &framer{TB: tb, Framer: http2.NewFramer(conn, conn)}
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.heads = hpack.NewEncoder(&f.block)
	return f
}

// framedAgent connects to the provider through the proxy, over HTTP/2.
func (s *stage) framedAgent() *framer {
	s.Helper()
	conn := tls.Client(s.connect(providerHost+":443", ""), &tls.Config{RootCAs: s.roots, ServerName: providerHost, NextProtos: []string{"h2"}})
	f := newFramer(s, conn)
	_, err := io.WriteString(conn, http2.ClientPreface)
	f.must(err)
	f.must(f.WriteSettings())
	return f
}

func (f *framer) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// head opens a stream, or answers on one.
func (f *framer) head(stream uint32, fields ...string) {
	f.Helper()
	f.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		f.must(f.heads.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	f.must(f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: f.block.Bytes(), EndHeaders: true}))
}

// ask opens a stream and leaves its half open behind the data.
func (f *framer) ask(stream uint32, data string) {
	f.Helper()
	f.head(stream, ":method", "POST", ":scheme", "https", ":authority", providerHost, ":path", "/agent.v1.AgentService/Run", "content-type", "application/connect+proto")
	f.must(f.WriteData(stream, false, []byte(data)))
}

// next is the next frame that is not of the connection's own business.
func (f *framer) next() (http2.Frame, error) {
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return nil, err
		}
		switch v := frame.(type) {
		case *http2.SettingsFrame:
			if !v.IsAck() {
				f.must(f.WriteSettingsAck())
			}
		case *http2.WindowUpdateFrame:
		default:
			return frame, nil
		}
	}
}

// answer reads the stream to its end and returns its data.
func (f *framer) answer(stream uint32) string {
	f.Helper()
	var data []byte
	for {
		frame, err := f.next()
		f.must(err)
		if frame.Header().StreamID != stream {
			f.Fatalf("stream %d: %v came", stream, frame)
		}
		switch v := frame.(type) {
		case *http2.DataFrame:
			data = append(data, v.Data()...)
		case *http2.RSTStreamFrame:
			f.Fatalf("it was reset with %v behind %q", v.ErrCode, data)
		}
		if frame.Header().Flags.Has(http2.FlagDataEndStream) { // that of HEADERS is the same
			return string(data)
		}
	}
}

// nothing is to come but the answer to a ping: all that was sent before has
// been heard by then.
func (f *framer) nothing() {
	f.Helper()
	f.must(f.WritePing(false, [8]byte{1}))
	frame, err := f.next()
	f.must(err)
	if ping, ok := frame.(*http2.PingFrame); !ok || !ping.IsAck() {
		f.Errorf("%v came", frame)
	}
}

// framedUpstream serves one connection frame by frame.
func framedUpstream(t *testing.T, a *authority, serve func(*framer)) string {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{a.leaf(t, providerHost, otherHost, "localhost")}, NextProtos: []string{"h2"}}
	return serveTCP(t, func(c net.Conn) {
		conn := tls.Server(c, config)
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // fails on a closed connection, as all else then
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := newFramer(quietly{t}, conn)
		f.must(f.WriteSettings())
		serve(f)
	})
}

// quietly ends a goroutine of the stage's where Fatal must not: the agent's
// side tells.
type quietly struct{ testing.TB }

func (q quietly) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (q quietly) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
