// Package provider holds one table per provider: the names it answers under,
// the prefix by which the reverse front reaches it, and what the shapes of its
// paths mean. A provider that speaks a known dialect is one such file, listed
// in [all], and one folder of cases in testdata.
//
// Only the responses of paths that are told here to be billable are ever
// parsed: many others (token counting, reports, telemetry) hold numbers that
// look like usage and cost nothing.
package provider
