package framing

// Frame is one JSON document, what stands in its place ("[DONE]"), or one
// message of another kind: of an envelope, of a WebSocket.
type Frame struct {
	Event string // the name of an event, where the framing has names; else empty
	ID    string // the id that such an event states itself; else empty
	Data  []byte // valid until the function that was handed the frame returns

	// IsTooLarge marks a frame that could not be kept; Data is nil.
	IsTooLarge bool
}

// Cutter cuts one body. It is used by one goroutine, and hands frames on from
// within Write and Close.
type Cutter interface {
	Write(p []byte)
	Close() End // the body has ended; a last frame may still come
}

// End tells how a body ended, as far as its framing shows.
type End int

const (
	Whole      End = iota // with a frame's end
	Unfinished            // within a frame, or before the first
	Foreign               // the body is not of this framing, or not from some place on
)
