package parsers

import "github.com/wiremeter/wiremeter/parsers/dialect"

// An exchange that costs nothing itself may say something of others.

// IsAppend reports whether the request of an exchange with this route is a
// piece of what the agent says in another exchange.
func IsAppend(r Route) bool { return r.Class == NotBillable && r.Dialect == "cursor" }

// IsStart reports whether an exchange with this route starts a run whose response
// is fetched elsewhere, as ReadStart reads it.
func IsStart(r Route) bool { return r.Class == NotBillable && r.Dialect == "cursor_start" }

// IsStated reports whether the response to a request with this route is a list of
// what the provider charges, as ReadEvents reads it.
func IsStated(r Route) bool { return r.Class == NotBillable && r.Dialect == "cursor_events" }

// Start is what starting a run says of it. Empty means unsaid.
type Start = dialect.CursorCloudRun

// ReadStart reads both bodies, after their content coding is undone.
func ReadStart(request, response []byte) Start { return dialect.ReadCursorCloudRun(request, response) }

// IsChoice reports whether this is not the id of a model, but leaves the choice to
// the provider.
func IsChoice(model string) bool { return dialect.IsCursorAuto(model) }

// Event is one line of a list of charges.
type Event = dialect.CursorEvent

// ReadEvents reads such a list, after its content coding is undone.
func ReadEvents(response []byte) []Event { return dialect.ReadCursorEvents(response) }
