// Package sums adds records up. It is pure: store/sqlite brings it records, and
// keeps what it makes of them.
//
// A record gives one [Line], and one more for each of its parts: a time slot,
// words by which lines can be grouped and chosen ([Dimensions]), and counts that
// can be added up ([Measure]). Lines stand in a [Block], column by column. [Roll]
// adds up those lines of a block that are alike in all but their counts, which
// loses nothing that a [Question] can ask for; the columns of a block can be
// written down and read again one by one. A [Fold] answers a question from blocks,
// rolled up or not.
package sums
