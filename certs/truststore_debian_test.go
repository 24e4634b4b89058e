//go:build interop && linux

package certs

import (
	"path/filepath"
	"testing"
)

// TestDebianTrustStore has the real command build a trust store in folders of
// the test's own.
func TestDebianTrustStore(t *testing.T) {
	a, etc := openTemp(t), t.TempDir()
	f := anchors{dir: t.TempDir(), suffix: ".crt"}
	f.update = "update-ca-certificates --localcertsdir " + f.dir + " --etccertsdir " + etc + " --hooksdir " + t.TempDir()
	if err := f.install(a); err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(etc, "ca-certificates.crt")
	if !has(read(t, bundle), a.root.Raw) {
		t.Error("the trust store lacks the root")
	}
	if err := f.remove(a); err != nil {
		t.Fatal(err)
	}
	if has(read(t, bundle), a.root.Raw) {
		t.Error("the trust store still has the root")
	}
}
