// Package prices says what tokens cost. It computes; it asks no network, no
// database and no clock. Cost is worked out when it is read and never stored:
// the counts are the truth, a price is an opinion about them.
//
// A [Line] is one price of one model in one period. A [Table] holds the lines of
// one source under their models' names, and a [Book] the tables in the order of
// their truth: the company's own, the refreshed public one, the embedded one.
// [Book.Cost] prices an [Item]. What the provider itself said that it costs wins
// over every table. What no table prices is unpriced, with a [Reason], and never 0.
//
// # Arithmetic
//
// A [Price] is a whole number of nano-dollars for a million tokens, so $0.0375 a
// million is 37,500,000. A count times a price is a whole number of millionths of
// a nano-dollar, which an [Amount] keeps: nothing is rounded until it is shown,
// and the order of adding up means nothing. For Items that differ in their counts
// alone, the sum of the costs is the cost of the summed counts.
//
// Tables and books never change once made: every goroutine may use them.
package prices
