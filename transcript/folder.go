package transcript

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// keeper is the file by which a folder is ours: it is locked while a process
// writes here, and says which record was the last.
const keeper = ".wiremeter"

// Folder is a folder of transcripts that this process alone writes to. A file in
// it may be moved away or deleted at any time: what comes after goes into a new
// one. It is used from one goroutine.
type Folder struct {
	dir    string
	keeper *os.File
	known  map[string]map[string]bool // the lines of a file by their uuid, as far as memory lasts
	size   int                        // of all of known
	dirty  map[string]bool            // written to, and perhaps not yet on the disk
}

// maxKnown bounds the memory for what is in the files: those of a long day.
const maxKnown = 200_000

// Open makes the folder where there is none. While another process has it open
// the error says so.
func Open(dir string) (*Folder, error) {
	f := &Folder{dir: dir}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("open the transcripts' folder %s: %w", dir, err)
	}
	return f, nil
}

func (f *Folder) open() (err error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	f.forget()
	if f.keeper, err = os.OpenFile(filepath.Join(f.dir, keeper), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := lock(f.keeper); err != nil {
		return errors.Join(err, f.keeper.Close())
	}
	return nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.keeper.Close() }

// Add appends the lines of the records that are not in their files yet. After an
// error some of them may be; adding the same again mends that.
func (f *Folder) Add(records []usage.Record) error {
	lines := make(map[string][]event)
	for i := range records {
		for _, e := range events(&records[i]) {
			path := filepath.Join(f.dir, place(&records[i], e.SessionID))
			lines[path] = append(lines[path], e)
		}
	}
	for path, events := range lines {
		if err := f.add(path, events); err != nil {
			f.forget()
			return fmt.Errorf("write transcript: %w", err)
		}
	}
	return nil
}

func (f *Folder) forget() {
	f.known, f.size, f.dirty = make(map[string]map[string]bool), 0, make(map[string]bool)
}

func (f *Folder) add(path string, events []event) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.append(file, events), file.Close())
}

func (f *Folder) append(file *os.File, events []event) error {
	known, err := f.knownOf(file)
	if err != nil {
		return err
	}
	before := len(known)
	text, err := encode(events, known)
	f.size += len(known) - before
	if err != nil || len(text) == 0 {
		return err
	}
	isWhole, err := endsWell(file)
	if err != nil {
		return err
	}
	if !isWhole {
		text = append([]byte("\n"), text...) // what a crash has cut is a line that nobody can read
	}
	f.dirty[file.Name()] = true
	_, err = file.Write(text)
	return err
}

// knownOf reads which lines a file holds, the first time that it is written to.
func (f *Folder) knownOf(file *os.File) (map[string]bool, error) {
	path := file.Name()
	if f.known[path] != nil {
		return f.known[path], nil
	}
	if f.size > maxKnown {
		f.known, f.size = make(map[string]map[string]bool), 0
	}
	known := make(map[string]bool)
	err := eachLine(file, func(uuid string) { known[uuid] = true })
	f.known[path] = known
	f.size += len(known)
	return known, err
}

// endsWell reports whether the last line is whole, or there is none.
func endsWell(file *os.File) (bool, error) {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return true, err
	}
	var last [1]byte
	_, err = file.ReadAt(last[:], end-1)
	return last[0] == '\n', err
}

// Last is the id that was given to Keep; empty where there is none.
func (f *Folder) Last() (string, error) {
	text, err := io.ReadAll(io.NewSectionReader(f.keeper, 0, 1<<10))
	if err != nil {
		return "", fmt.Errorf("read how far the transcripts came: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Keep sees to it that all that was added is on the disk, and then notes the id
// of the last record.
func (f *Folder) Keep(id string) error {
	for path := range f.dirty {
		if err := syncFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // it was moved away meanwhile
			return fmt.Errorf("write transcript: %w", err)
		}
	}
	clear(f.dirty)
	_, err := f.keeper.WriteAt([]byte(id+"\n"), 0)
	if err == nil {
		err = f.keeper.Truncate(int64(len(id) + 1))
	}
	if err == nil {
		err = f.keeper.Sync()
	}
	if err != nil {
		return fmt.Errorf("note how far the transcripts came: %w", err)
	}
	return nil
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Renew opens the folder anew if it was deleted or moved away, and reports
// whether it was: nothing is in it then.
func (f *Folder) Renew() (isNew bool, err error) {
	own, err := f.keeper.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(filepath.Join(f.dir, keeper))
	if err == nil && os.SameFile(own, there) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	old := f.keeper
	if err := f.open(); err != nil {
		f.keeper = old
		return false, fmt.Errorf("open the transcripts' folder %s: %w", f.dir, err)
	}
	return true, old.Close()
}
