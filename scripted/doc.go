// Package scripted is a model provider on loopback that follows a script and
// keeps a ledger.
//
// It plays all known providers under their own host names, with the real wire
// formats, over TLS with an authority of its own, HTTP/1.1 and HTTP/2. What it
// bills varies from call to call, so that rows can be told apart, and is
// written to the [Provider.Ledger] in wiremeter's words: what a record must say.
// A [Scenario] makes it misbehave as real providers do: slow, cut, refusing,
// compressed, in odd pieces.
//
// The demo, the end-to-end tests and the tests of the commands use it. It knows
// nothing of wiremeter but the words of package usage, so a mistake in a parser
// is not made here again.
package scripted
