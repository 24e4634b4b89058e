// Package place knows where an agent works: on which machine, in which
// directory, in which git repository.
package place
