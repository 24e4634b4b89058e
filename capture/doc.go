// Package capture turns an exchange into a record.
//
// [Capture.Begin] opens an [Exchange], which listens to the traffic through the
// methods of a proxy tap: the request's bytes, the response's head and bytes,
// the end. It looks up what the request means (parsers.Providers), lets a
// parsers.Reader read the response, finds out who asked, and hands exactly one
// usage.Record or usage.Tally to the recorder when the exchange has ended. Of an
// exchange with several turns, a WebSocket or a stream both ways, each turn is a
// record as soon as nothing more can be said of it.
//
// Reading happens inline, on the goroutine that passes the bytes on: it costs
// far less than passing them. Only bodies with a content coding are copied to a
// goroutine of their own. What goes wrong here (a panic, a budget used up)
// ends the reading and names the record's outcome; the traffic never notices.
package capture
