package place

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// peer finds the process that holds the agent's end of a connection on this
// machine, in what proc(5) says. Processes of other users are known by their user
// alone. The pids are tried first.
func peer(agent, front netip.AddrPort, likely []int) (p Process, pid int) {
	inode, uid := socketOf(agent, front)
	if inode == "" {
		return p, 0
	}
	if u, err := user.LookupId(uid); err == nil {
		p.User = u.Username
	}
	if pid = holder("socket:["+inode+"]", likely); pid == 0 {
		return p, 0
	}
	of := func(name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }
	executable, err := os.Readlink(of("exe"))
	if err != nil {
		return p, pid
	}
	p.Program = programOf(executable, arguments(of("cmdline")))
	if dir, err := os.Readlink(of("cwd")); err == nil && !strings.HasSuffix(dir, " (deleted)") && dir != "/" {
		p.Dir = dir
	}
	return p, pid
}

// maxArguments bounds what is looked at of a command line: prompts stand there,
// too.
const maxArguments = 4 << 10

func arguments(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxArguments))
	if err != nil {
		return nil
	}
	return strings.Split(string(text), "\x00")
}

// socketOf finds a connection in the kernel's tables by its two ends.
func socketOf(local, remote netip.AddrPort) (inode, uid string) {
	for _, table := range []struct {
		path string
		hex  func(netip.AddrPort) string
	}{{"/proc/net/tcp", hex4}, {"/proc/net/tcp6", hex6}} {
		if inode, uid = socketIn(table.path, table.hex(local), table.hex(remote)); inode != "" {
			return inode, uid
		}
	}
	return "", ""
}

func socketIn(path, local, remote string) (inode, uid string) {
	if local == "" || remote == "" {
		return "", ""
	}
	f, err := os.Open(path)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	ends := local + " " + remote + " "
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if !strings.Contains(lines.Text(), ends) {
			continue
		}
		// Without an inode it is one that its process has closed, and nobody's.
		if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[9] != "0" {
			return fields[9], fields[7]
		}
	}
	return "", ""
}

// hex4 writes an end as /proc/net/tcp does: each 32 bits of the address in the
// machine's order.
func hex4(a netip.AddrPort) string {
	if !a.Addr().Is4() {
		return ""
	}
	ip := a.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), a.Port())
}

// hex6 does so for /proc/net/tcp6, where a program on IPv6 sockets has its
// connections to IPv4 addresses, too.
func hex6(a netip.AddrPort) string {
	ip := a.Addr().As16()
	var b strings.Builder
	for i := 0; i < len(ip); i += 4 {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(ip[i:]))
	}
	fmt.Fprintf(&b, ":%04X", a.Port())
	return b.String()
}

// holder is the process that has the socket open, or 0.
func holder(socket string, likely []int) int {
	for _, pid := range likely {
		if holds(pid, socket) {
			return pid
		}
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return 0
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return 0
	}
	own := os.Getpid()
	for i := len(names) - 1; i >= 0; i-- { // the newest are last
		if pid, err := strconv.Atoi(names[i]); err == nil && pid != own && holds(pid, socket) {
			return pid
		}
	}
	return 0
}

func holds(pid int, socket string) bool {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return false
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return false
	}
	for _, name := range names {
		if to, err := os.Readlink(filepath.Join(dir.Name(), name)); err == nil && to == socket {
			return true
		}
	}
	return false
}
