// Package parsers turns the bytes of an exchange into usage. It is the only
// door to its sub-packages' knowledge, and it has no clock, no I/O and no
// goroutines: the same bytes always read the same.
//
// [Match] tells from the head of an exchange which provider it is for and
// whether it costs tokens. A [RequestReader] takes the request's body and tells
// what only the request knows. A [Reader] takes the response's body, after the
// content coding is undone (package coding), and tells what the response said.
//
// A [Socket] and a [Duplex] read exchanges in which the agent goes on sending and
// the provider answers several times, and tell of each turn.
//
// A response passes two stages. Framing cuts the body into frames: one JSON
// document, lines or the elements of an array of them, server-sent events, AWS's
// event stream, or envelopes. A dialect says what a frame means: Anthropic's
// messages, OpenAI's chat and responses, Google's generate, Bedrock's converse and
// invoke, Cursor's agents, and those of one provider each. Beside them stands a
// table per provider: its domains and what its paths mean. To add a provider that
// speaks a known dialect is to add one table and one folder of cases in testdata.
//
// Most bodies hold one response. The results of a batch are many: see
// [Reader.Each].
//
// A count that a provider did not state is nil. Nothing is estimated, and no
// count is ever the sum over several statements of the same thing.
package parsers
