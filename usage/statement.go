package usage

import "time"

// Statement is what a vendor itself says, later, of one request or turn: as it
// stands in a list that an agent has asked for. It is compared with records, and
// in no total. An empty string and nil mean unsaid.
type Statement struct {
	Provider  string
	At        time.Time // as the vendor says; zero: unsaid
	SessionID string
	Model     string
	Kind      string // how it is charged, in the vendor's word
	Tokens    Tokens
	Cost      *int64 // in nano-dollars (1e-9 USD)
}
