// Package sqlite keeps records and tallies in one SQLite file, and answers
// questions about them.
//
// [Open] gives the writing side, a sink: [DB.Store] takes a batch in one
// transaction. [OpenReader] gives the reading side, which works while any
// number of processes write: [Reader.Records] streams the rows, [Reader.Ask]
// adds them up. Several processes may have the same file open for writing;
// each transaction takes the write lock at its begin, so that what it decides
// (is this response recorded already?) holds until its end.
//
// The file is in WAL mode with synchronous=FULL: a transaction that was
// answered survives a killed process and a power cut. Its layout is the table
// exchanges, one row a record, and the table tallies, one row for each hour,
// run and kind of exchange that leaves no record. Unknown is NULL. PRAGMA
// user_version is the number of the last file of migrations/ that was applied;
// to change the layout, add a file with the next number, never edit one that
// was released.
//
// [RollUp] adds records up ahead, in segments of so many rows: [Reader.Ask] reads
// these, and the records that are in none. What a segment is made of is in
// store/sums. Triggers delete the segment of a record that is changed or deleted.
//
// A file that is deleted, moved away or replaced while it is open is left, with
// all that was stored by then in it; what comes after goes into the file that is
// at the path, or a new one. It must not be overwritten in place.
//
// Errors of a DB are [*Error] where SQLite is their source, or a file that was
// moved: they say in a fixed word what is wrong.
package sqlite
