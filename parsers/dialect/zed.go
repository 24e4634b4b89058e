package dialect

// Zed's own models: lines of JSON, each an event of the vendor's whose model it
// is, counted as that vendor counts. To editors that ask for it the lines are
// {"event": …}, with {"status": …} between them, of which one tells of a failure.

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type zed struct {
	anyVendor
	failure string
}

func newZed(o Options) Meter { return &zed{anyVendor: anyVendor{o: o}} }

// Older servers were seen with capitals.
var (
	zedEvents   = [][]byte{[]byte(`{"event":`), []byte(`{"Event":`)}
	zedStatuses = [][]byte{[]byte(`{"status":`), []byte(`{"Status":`)}
)

func (z *zed) Observe(f framing.Frame) (usage.Response, bool) {
	if isOneOf(f.Data, zedStatuses) {
		z.status(f)
		return z.failed(usage.Response{}), z.failure != ""
	}
	for _, prefix := range zedEvents {
		if rest, ok := bytes.CutPrefix(f.Data, prefix); ok {
			f.Data = bytes.TrimSuffix(bytes.TrimSpace(rest), []byte{'}'}) // the event's own end is before it
		}
	}
	resp, isEnded := z.anyVendor.Observe(f)
	return z.failed(resp), isEnded
}

func (z *zed) Partial() (usage.Response, bool) {
	resp, isBegun := z.anyVendor.Partial()
	return z.failed(resp), isBegun && z.failure == ""
}

func isOneOf(data []byte, prefixes [][]byte) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(data, p) {
			return true
		}
	}
	return false
}

func (z *zed) status(f framing.Frame) {
	root, _ := parse(f)
	root.ForEach(func(_, status gjson.Result) bool {
		for _, name := range []string{"failed", "Failed"} {
			if e := last(status, name); e.IsObject() {
				z.failure = firstWord(last(e, "code"))
				keepFirst(&z.failure, "failed")
			}
		}
		return true
	})
}

// failed adds the failure to what the vendor has said so far.
func (z *zed) failed(resp usage.Response) usage.Response {
	if z.failure == "" {
		return resp
	}
	if z.vendor != nil {
		resp, _ = z.vendor.Partial()
	}
	keepFirst(&resp.Error, z.failure)
	return resp
}
