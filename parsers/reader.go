package parsers

import "github.com/wiremeter/wiremeter/usage"

type State int

const (
	Garbled State = iota
	Cut
	Silent
	Complete
)

type Reader struct{}

func NewReader(route Route, req Request, contentType string) *Reader { return &Reader{} }
func (r *Reader) Write(p []byte)                                     {}
func (r *Reader) Close() (usage.Response, State)                     { return usage.Response{}, Garbled }
func (r *Reader) IsStream() bool                                     { return false }

type RequestReader struct{}

func NewRequestReader() *RequestReader          { return &RequestReader{} }
func (r *RequestReader) Write(p []byte)         {}
func (r *RequestReader) Close() (Request, bool) { return Request{}, false }
