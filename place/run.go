package place

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// keptFor is how long word of a run is kept that nobody has asked for: an agent
// may leave a daemon behind, which goes on with the run's credentials.
const keptFor = 30 * 24 * time.Hour

// WriteRun leaves word in the folder of where the run of this name works, which
// only this user can read. It takes back that of runs long ago.
func WriteRun(folder, name string, p Place) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("leave word of the run: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("leave word of the run: %w", err)
	}
	if err := os.WriteFile(runFile(folder, name), text, 0o600); err != nil {
		return fmt.Errorf("leave word of the run: %w", err)
	}
	tidy(folder)
	return nil
}

// ReadRun is where the run of this name was started, which must be one: no part
// of a path. It returns false when there is no word of it.
func ReadRun(folder, name string) (Place, bool) {
	var p Place
	path := runFile(folder, name)
	if json.Unmarshal([]byte(read(path)), &p) != nil {
		return Place{}, false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // it is kept for as long as it is asked for
	return p, true
}

func runFile(folder, name string) string { return filepath.Join(folder, name+".json") }

// tidy is best effort: what stays is looked at by the next run.
func tidy(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
