package place

import (
	"net"
	"net/netip"
	"os/exec"
	"os/user"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// caller is a shell in this directory that has connected to us.
func caller(t *testing.T, network, dir string) usage.Conn {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), network, map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[network])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	c := exec.CommandContext(t.Context(), "bash", "-c", "exec 3<>/dev/tcp/"+host+"/"+port+"; read <&3")
	c.Dir = dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		_ = c.Wait() // it ends with an error: it has read nothing
	})
	end := func(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
	return usage.Conn{ID: 1, Agent: end(conn.RemoteAddr()), Front: end(conn.LocalAddr())}
}

// TestProcess: who is at the other end of a connection is what the system says.
func TestProcess(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"tcp4", "tcp6"} {
		root, commit := repository(t)
		f := NewFinder(t.TempDir())
		q := Question{Who: caller(t, network, root)}
		a := answer(t, f.Ask(q))
		if a.Process != (Process{Program: "bash", Dir: root, User: me.Username}) || a.Machine == "" {
			t.Errorf("%s: got %+v", network, a)
		}
		if a.Here.Commit != commit {
			t.Errorf("%s: the repository is %+v", network, a.Here)
		}
		if again := f.Ask(q); again.done != isDone || again.Answer() != a {
			t.Errorf("%s: it is not remembered: %+v", network, again.Answer())
		}
	}
}

// BenchmarkProcess is what it costs to find a process: the connection in the
// kernel's table, and who has it open.
func BenchmarkProcess(b *testing.B) {
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	front, gone := l.Addr().(*net.TCPAddr).AddrPort(), netip.MustParseAddrPort("127.0.0.1:1")
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			peer(gone, front, nil)
		}
	})
	b.Run("processes", func(b *testing.B) {
		for b.Loop() {
			holder("socket:[0]", nil)
		}
	})
}
