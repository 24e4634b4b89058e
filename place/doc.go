// Package place knows where a program works: on which machine and as which user,
// in which directory, and in which git repository.
//
// [Look] reads what git keeps on the disk, without running git: the directory
// may be named by whoever speaks to the proxy. [Here] is where this process
// works. [WriteRun] leaves word of where a run was started, for whoever records
// its requests, perhaps long after. A [Finder] looks all of that up, and the
// process at the other end of a connection, away from the traffic, and remembers
// it for a while.
package place
