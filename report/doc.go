// Package report asks the store what was used, and shows the answer.
//
// [Ask] adds the records up by day, model, agent and so on into a [Report],
// which can be written as a table, as JSON or as CSV. Every report has a
// [Coverage]: how many exchanges there were, and what became of those that were
// not metered. [Export] writes the records themselves, one line of JSON each;
// docs/export.md is its contract. [WriteSummary] says in a line per model what
// one run used, and why the rest was not metered.
//
// A count that no provider stated is unknown: "-" in a table, empty in CSV, null
// in JSON, and never 0. A sum adds up what is known.
package report
