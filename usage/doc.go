// Package usage holds wiremeter's words: what a provider says of a response
// ([Response], [Tokens]), what an exchange is ([Exchange]), and what is kept of
// it ([Record], [Tally]). It has no behaviour and does no I/O; every other
// package may import it, and packages that must not know each other meet here.
package usage
