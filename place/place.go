package place

import (
	"os"
	"os/user"
)

// Place is where a program works. Empty means unknown, or none.
type Place struct {
	Dir        string `json:"dir,omitempty"`        // the working directory
	Root       string `json:"root,omitempty"`       // of the git working tree that it is in
	Name       string `json:"name,omitempty"`       // of the folder that holds the repository
	Repository string `json:"repository,omitempty"` // host and path of its remote
	Branch     string `json:"branch,omitempty"`     // none with a detached head
	Commit     string `json:"commit,omitempty"`     // in hexadecimal
	User       string `json:"user,omitempty"`       // of the operating system
	Machine    string `json:"machine,omitempty"`    // the host's name
}

// Here is where this process works.
func Here() Place {
	p := Place{}
	if dir, err := os.Getwd(); err == nil {
		p = Look(dir)
	}
	p.Machine = Machine()
	if u, err := user.Current(); err == nil {
		p.User = u.Username
	}
	return p
}

// Machine is this host's name, or "".
func Machine() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
