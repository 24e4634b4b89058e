package transcript

import "os"

// lock: Windows is untested, and has another way.
func lock(*os.File) error { return nil }
