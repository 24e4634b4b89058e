// Package store takes in what capture found out and sees to it that it is kept.
//
// A [Recorder] stands between the traffic and a [Sink] (store/sqlite is one).
// Handing it a record or a tally costs a lock and an append, never a wait and
// never an error: a database that is slow, locked, full or dead is not the
// traffic's business. One goroutine collects what arrives within [Window] or up
// to [BatchSize] records and stores it in one transaction. When that fails it
// tries again, for as long as it takes, while records wait in a queue of
// [QueueSize]. What does not fit is lost, but counted: as a usage.Lost tally
// with the reason, stored as soon as the sink takes anything again, and by
// [Recorder.Lost]. Whoever has many at once, and may wait, asks for
// [Recorder.Room] before.
//
// So a killed process loses at most what arrived within the last Window and the
// time of one transaction.
package store
