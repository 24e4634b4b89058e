package certs

import (
	"crypto/sha1" // the name by which Windows knows a certificate
	"fmt"
)

func installedRoots() ([][]byte, error) { return systemRoots() }

// install adds the root to the user's own store, which needs no administrator;
// Windows shows a question.
func install(a *Authority) error {
	_, err := command("certutil", "-user", "-addstore", "Root", a.RootFile())
	return err
}

func remove(a *Authority) error {
	_, err := command("certutil", "-user", "-delstore", "Root", fmt.Sprintf("%x", sha1.Sum(a.root.Raw)))
	return err
}
