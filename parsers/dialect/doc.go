// Package dialect knows what frames say: one [Meter] per schema that providers
// speak. Each file's first comment tells how its providers count, and how that
// becomes counts that do not overlap.
//
// Rules for all of them. A usage object is the whole truth about a response so
// far: a later one replaces an earlier one and is never added to it. (What Cursor
// announces in pieces is, where its usage object is missing.) A count
// that is absent, null, negative, fractional or beyond a million million was
// not said, and is nil. Counts that contradict the provider's own total are
// kept as they came and marked doubtful. Nothing but numbers and short words
// without spaces is ever taken from a response.
package dialect
