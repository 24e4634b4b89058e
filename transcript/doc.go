// Package transcript writes what was used as transcripts in the layout of Claude
// Code's: a folder a project, a file a session, a line of JSON for each response,
// with its usage and without content. Programs that add up such transcripts then
// see every agent; docs/transcripts.md says what stands in a line.
//
// A [Folder] takes records in and writes each once, whatever was written before:
// it looks for the record's id in the file. A [Follower] hands it what is stored
// in a database, in the order of storing, and keeps in the folder how far it came.
// It reads what the recorder has committed, so that nothing in here can keep a
// record from being stored, and a stop or a crash loses no line: what is missing
// is written at the next start.
package transcript
