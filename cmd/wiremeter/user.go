package main

import (
	"context"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// The variables beside those that `env` and `run` set for agents: by them another
// wiremeter tells what was set so from the user's own, and finds what that was.
const (
	madeProxy     = "WIREMETER_PROXY"               // what the proxy variables were set to
	userProxy     = "WIREMETER_UPSTREAM_PROXY"      // what HTTPS_PROXY was before; none: empty
	userHTTPProxy = "WIREMETER_UPSTREAM_HTTP_PROXY" // what HTTP_PROXY was
)

// handedDown are these variables, for what is sent through proxyURL.
func handedDown(proxyURL string, user *httpproxy.Config) []string {
	return []string{madeProxy + "=" + proxyURL, userProxy + "=" + user.HTTPSProxy, userHTTPProxy + "=" + user.HTTPProxy}
}

// userProxies are the proxies that the environment means for a wiremeter at
// listen. Those of this house are none of them, nor one of wiremeter's that has
// ended: in their place is what the user had before.
func (h *house) userProxies(ctx context.Context, listen string) *httpproxy.Config {
	c := httpproxy.FromEnvironment()
	c.HTTPSProxy = h.usersOwn(ctx, listen, c.HTTPSProxy, userProxy)
	c.HTTPProxy = h.usersOwn(ctx, listen, c.HTTPProxy, userHTTPProxy)
	return c
}

func (h *house) usersOwn(ctx context.Context, listen, value, before string) string {
	isOurs := func(addr string) bool { return isSelf(ctx, addr, listen) || h.isOwn(ctx, addr) }
	addr := proxyHost(value)
	if addr != "" && value == getenv(madeProxy) && (isOurs(addr) || isHere(addr) && homeServedAt(ctx, addr) == "") {
		value = getenv(before)
		addr = proxyHost(value)
	}
	if addr != "" && isOurs(addr) { // a call would be metered twice, or go round in circles
		return ""
	}
	return value
}

// outerRun is the name of the run that this process is part of, or "".
func outerRun() string {
	name := outerUser().name
	if !strings.HasPrefix(name, "run-") {
		return ""
	}
	return name
}
