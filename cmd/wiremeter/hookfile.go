package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/parsers"
)

// edit shows what hooks.json gets, or loses, and changes it when told to.
func (f cursorHookFlags) edit(c *cobra.Command, open func() (*house, error)) error {
	if f.install && f.uninstall {
		return errors.New("--install and --uninstall: choose one")
	}
	path, err := f.path()
	if err != nil {
		return err
	}
	command, err := hookCommand(open)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read Cursor's hooks: %w", err)
	}
	entry := ""
	if f.install {
		entry = command
	}
	after, err := withHook(before, entry)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was changed", path, err)
	}
	switch {
	case bytes.Equal(before, after):
		fmt.Fprintf(c.ErrOrStderr(), "wiremeter: %s needs no change\n", path)
		return nil
	case f.yes:
		if err := replaceFile(path, after); err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "wiremeter: %s is changed\n", path)
		return nil
	}
	if f.install {
		text, err := withHook(nil, command)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "wiremeter: %s is to hold this, beside what is there; --yes adds it:\n", path)
		_, err = c.OutOrStdout().Write(text)
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "wiremeter: --yes takes wiremeter's hooks from %s\n", path)
	return nil
}

func (f cursorHookFlags) path() (string, error) {
	if f.file != "" {
		return f.file, nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find Cursor's hooks: %w; name the file with --file PATH", err)
	}
	return filepath.Join(user, ".cursor", "hooks.json"), nil
}

// hookCommand is what Cursor is to call, by a shell and without the environment
// of this one.
func hookCommand(open func() (*house, error)) (string, error) {
	h, err := open()
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find wiremeter's own file: %w", err)
	}
	command := shellWord(self) + hookWords
	if user, err := os.UserHomeDir(); err != nil || h.dir != filepath.Join(user, ".local", "share", "wiremeter") {
		command += " --home " + shellWord(h.dir)
	}
	return command, nil
}

const hookWords = " hook cursor"

// isHookCommand reports whether the command is of this program, wherever it was.
func isHookCommand(command string) bool {
	program, _, ok := strings.Cut(command, hookWords)
	return ok && strings.HasPrefix(filepath.Base(strings.Trim(program, `'"`)), "wiremeter")
}

// shellWord quotes what needs it.
func shellWord(s string) string {
	isPlain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return !isPlain(r) }) {
		return s
	}
	return shellQuote(s)
}

// withHook returns the text of hooks.json with the command in place of other
// commands of ours, or without any where it is "". All else stays, in its order.
func withHook(text []byte, command string) ([]byte, error) {
	file, err := readObject(text, "an object")
	if err != nil {
		return nil, err
	}
	if v := file.get("version"); v == nil {
		file.set("version", json.RawMessage("1"))
	} else if string(v) != "1" {
		return nil, fmt.Errorf("expected version 1, got %s", v)
	}
	hooks, err := readObject(file.get("hooks"), `an object as "hooks"`)
	if err != nil {
		return nil, err
	}
	isChanged := false
	for _, event := range parsers.CursorHooks {
		commands, hasNews, err := withCommand(hooks.get(event), command)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", event, err)
		}
		if hasNews {
			hooks.set(event, commands)
			isChanged = true
		}
	}
	if !isChanged {
		return text, nil
	}
	file.set("hooks", hooks.text())
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, file.text(), "", "  "); err != nil {
		return nil, err
	}
	pretty.WriteByte('\n')
	return pretty.Bytes(), nil
}

// withCommand is withHook for the list of one event. The list is nil when
// nothing is left in it.
func withCommand(list json.RawMessage, command string) (changed json.RawMessage, hasNews bool, err error) {
	var all []json.RawMessage
	if list != nil {
		if err := json.Unmarshal(list, &all); err != nil {
			return nil, false, errors.New("expected a list of commands")
		}
	}
	kept := slices.DeleteFunc(slices.Clone(all), func(entry json.RawMessage) bool {
		var e struct{ Command string }
		return json.Unmarshal(entry, &e) == nil && isHookCommand(e.Command) && e.Command != command
	})
	isThere := slices.ContainsFunc(kept, func(entry json.RawMessage) bool {
		var e struct{ Command string }
		return json.Unmarshal(entry, &e) == nil && e.Command == command
	})
	if command != "" && !isThere {
		entry, err := encode(map[string]string{"command": command})
		if err != nil {
			return nil, false, err
		}
		kept = append(kept, entry)
	}
	if len(kept) == len(all) && (isThere || command == "") {
		return list, false, nil
	}
	if len(kept) == 0 {
		return nil, true, nil
	}
	changed, err = encode(kept)
	return changed, true, err
}

// encode is json.Marshal with < and & as they are.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// replaceFile writes a file as a whole, behind a link where there is one, with
// the rights of the one that was there.
func replaceFile(path string, text []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write Cursor's hooks: %w", err)
	}
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write Cursor's hooks: %w", err)
	}
	_, err = next.Write(text)
	err = errors.Join(err, next.Chmod(mode), next.Close())
	if err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write Cursor's hooks: %w", err), os.Remove(next.Name()))
	}
	return nil
}
