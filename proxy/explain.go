package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
)

// proxyRefusal is the answer of the company's proxy to a CONNECT.
type proxyRefusal struct {
	via    *url.URL
	status int
}

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the upstream proxy %s answered %d %s", place(e.via), e.status, http.StatusText(e.status))
}

// place is a proxy's URL without what may be secret in it.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host }

// explain puts an error into words that hold nothing of what a provider or an
// agent sent: net/http quotes lines that it cannot read, and URLs.
func explain(err error) string {
	if r, ok := errors.AsType[*proxyRefusal](err); ok {
		return r.Error()
	}
	if c, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return c.Error()
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Error()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.Error()
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "it does not speak TLS"
	}
	switch {
	case errors.Is(err, errUnasked):
		return errUnasked.Error()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "it took too long"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "it closed the connection"
	}
	return fmt.Sprintf("the request or its answer could not be read (%T)", err)
}

func isCertificateError(err error) bool {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok
}
