// Package reconcile holds what wiremeter recorded of an agent against the log that
// the agent itself keeps on this machine, call by call: which are in both with the
// same counts, which differ, which are in one alone. It shows that the count is
// right, and what a log leaves out.
//
// An agent's log is read as it stands, in streams, and never written to. Of it
// only ids, names of models, times and counts are looked at. A line that is not
// known is passed over; one that cannot be read is counted. Calls are joined by
// the id of the response where the log has one, else by session, model, counts and
// time; a [Result] says how many were.
//
// A new agent is one more line of the table agents and a file that reads its log.
package reconcile
