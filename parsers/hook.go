package parsers

import "github.com/wiremeter/wiremeter/parsers/dialect"

// CursorHook is what Cursor tells a hook of the user's when a turn has ended.
type CursorHook = dialect.CursorHook

// CursorHooks are the hooks that are told counts, by Cursor's names.
var CursorHooks = dialect.CursorHooks

// ReadCursorHook reads a hook's standard input. It returns false for what is not
// of one of CursorHooks, or names no conversation.
func ReadCursorHook(stdin []byte) (CursorHook, bool) { return dialect.ReadCursorHook(stdin) }
