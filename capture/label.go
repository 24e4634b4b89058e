package capture

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/wiremeter/wiremeter/usage"
)

// Labels are the dimensions that can be said by hand, in the proxy credentials
// or a base URL.
var Labels = []usage.Dimension{usage.ByTeam, usage.ByProject, usage.ByUser}

// ParseLabel reads NAME=VALUE. Its errors are for who wrote it.
func ParseLabel(text string) (d usage.Dimension, value string, err error) {
	key, value, ok := strings.Cut(text, "=")
	for _, known := range Labels {
		if ok && key == string(known) {
			d = known
		}
	}
	if d == "" {
		return "", "", fmt.Errorf("label %q: expected NAME=VALUE, where NAME is one of %s", text, labelNames())
	}
	if value = strings.TrimSpace(value); value == "" || label(value) != value {
		return "", "", fmt.Errorf("label %q: expected a value of letters, digits, spaces and . _ - @ / + : in at most %d bytes", text, maxLabel)
	}
	return d, value, nil
}

func labelNames() string {
	var names []string
	for _, d := range Labels {
		names = append(names, string(d))
	}
	return strings.Join(names, ", ")
}

// JoinLabels writes labels as they stand in proxy credentials, before the
// escaping of a URL.
func JoinLabels(labels map[usage.Dimension]string) string {
	var parts []string
	for _, d := range Labels {
		if v := labels[d]; v != "" {
			parts = append(parts, string(d)+"="+url.PathEscape(v))
		}
	}
	return strings.Join(parts, ",")
}

// labels reads the labels of an exchange. What is none is passed over: it may be
// the password of another proxy's credentials, so the log does not say it.
func (c *Capture) labels(a *usage.Attribution, text string) {
	if !strings.Contains(text, "=") || len(text) > maxLabels {
		return
	}
	isOurs, isStrange := false, false
	for part := range strings.SplitSeq(text, ",") {
		if u, err := url.PathUnescape(part); err == nil {
			part = u
		}
		d, value, err := ParseLabel(part)
		if err != nil {
			isStrange = true
			continue
		}
		isOurs = true
		tell(a, d, value, usage.FromLabel)
	}
	if isOurs && isStrange {
		c.strange.Do(func() {
			c.log.Warn().Msg("a label in an agent's proxy credentials or base URL is passed over: expected NAME=VALUE,… where NAME is one of " + labelNames())
		})
	}
}

const (
	maxLabel  = 64
	maxLabels = 512
)

// label keeps what can be the name of a person, a team, a project, a branch or a
// machine.
func label(s string) string {
	if len(s) > maxLabel || hasKey(s) || strings.ContainsFunc(s, isOutsideOfLabels) {
		return ""
	}
	return s
}

func isOutsideOfLabels(r rune) bool {
	return r == unicode.ReplacementChar || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(" ._-@/+:", r)
}
