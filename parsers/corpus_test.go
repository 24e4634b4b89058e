package parsers

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/parsers/coding"
	"github.com/wiremeter/wiremeter/parsers/provider"
	"github.com/wiremeter/wiremeter/usage"
)

const corpus = "../testdata"

// strangers is the folder of servers that no table knows.
const strangers = "other"

// facts is a want.json: what a record says of the exchange. A count that is
// null was not said.
type facts struct {
	Outcome        usage.Outcome `json:"outcome"`
	Reason         string        `json:"reason,omitempty"`
	Provider       string        `json:"provider"`
	Dialect        string        `json:"dialect,omitempty"`
	Kind           usage.Kind    `json:"kind,omitempty"`
	IsFetch        bool          `json:"is_fetch,omitempty"`
	ModelRequested string        `json:"model_requested,omitempty"`
	SessionID      string        `json:"session_id,omitempty"`
	GroupID        string        `json:"group_id,omitempty"`
	Model          string        `json:"model,omitempty"`
	ResponseID     string        `json:"response_id,omitempty"`
	Tokens         *usage.Tokens `json:"tokens,omitempty"` // absent when not billable
	ServiceTier    string        `json:"service_tier,omitempty"`
	Speed          string        `json:"speed,omitempty"`
	Geo            string        `json:"geo,omitempty"`
	WebSearches    *int64        `json:"web_searches,omitempty"`
	ReportedCost   *int64        `json:"reported_cost,omitempty"` // in nano-dollars
	StopReason     string        `json:"stop_reason,omitempty"`
	Streamed       bool          `json:"streamed,omitempty"`
	Error          string        `json:"error,omitempty"`
	IsDoubtful     bool          `json:"is_doubtful,omitempty"`
	Rule           usage.Rule    `json:"rule,omitempty"`
	Parts          []usage.Part  `json:"parts,omitempty"`
	Results        []result      `json:"results,omitempty"` // of a batch
}

// result is one of the responses that a body holds.
type result struct {
	ResponseID  string       `json:"response_id"`
	Model       string       `json:"model,omitempty"`
	Kind        usage.Kind   `json:"kind,omitempty"`
	Tokens      usage.Tokens `json:"tokens"`
	ServiceTier string       `json:"service_tier"`
	StopReason  string       `json:"stop_reason,omitempty"`
}

// exchange is a case, with its bodies decoded.
type exchange struct {
	provider, name string
	head           usage.Exchange
	requestBody    []byte
	status         int
	header         usage.Header // the response's
	body           []byte
	want           facts
}

func (e *exchange) String() string { return e.provider + "/" + e.name }

func TestEveryProviderHasCases(t *testing.T) {
	var folders []string
	entries, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, entry.Name())
		}
	}
	names := append(provider.BuiltIn().Names(), strangers)
	if slices.Sort(names); !slices.Equal(folders, names) {
		t.Errorf("testdata has folders for %v, expected %v", folders, names)
	}
	for _, name := range folders {
		cases, err := filepath.Glob(filepath.Join(corpus, name, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(cases) < 3 {
			t.Errorf("testdata/%s: cases: %d, expected at least 3: a plain response, a stream, something that costs nothing", name, len(cases))
		}
		for _, folder := range cases {
			if lacks := missingFiles(folder); len(lacks) > 0 {
				t.Errorf("testdata/%s/%s is no case: it lacks %s", name, filepath.Base(folder), strings.Join(lacks, ", "))
			}
		}
	}
}

// missingFiles names what a folder lacks to be a case.
func missingFiles(folder string) []string {
	return slices.DeleteFunc([]string{"request.http", "response.http", "want.json"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(folder, name))
		return err == nil
	})
}

func TestCorpus(t *testing.T) {
	for _, e := range load(t) {
		t.Run(e.String(), func(t *testing.T) {
			if got := e.read(e.body, len(e.body)+1); !reflect.DeepEqual(got, e.want) {
				t.Errorf("got  %s\nwant %s", text(got), text(e.want))
			}
			if got := e.read(e.body, 1); !reflect.DeepEqual(got, e.want) {
				t.Errorf("byte by byte:\ngot  %s\nwant %s", text(got), text(e.want))
			}
			random := rand.New(rand.NewPCG(1, uint64(len(e.body))))
			for range 20 {
				size := 1 + random.IntN(1+min(len(e.body), 4000))
				if got := e.read(e.body, size); !reflect.DeepEqual(got, e.want) {
					t.Fatalf("in pieces of %d:\ngot  %s\nwant %s", size, text(got), text(e.want))
				}
			}
		})
	}
}

// A response that is cut anywhere never claims more than was said: it counts as
// metered only with counts that the whole has too, and a count that it knows is
// never the output of a message that has not ended.
func TestCutAnywhere(t *testing.T) {
	for _, e := range load(t) {
		if e.want.Outcome == usage.NotBillable || e.want.Outcome == usage.Tunnelled || len(e.body) > 64<<10 {
			continue
		}
		for n := range e.body {
			if wrong := e.wrongCut(n); wrong != "" {
				t.Errorf("%s, %d of %d bytes: %s", e, n, len(e.body), wrong)
				break
			}
		}
	}
}

// wrongCut tells what is wrong with what is read of the body's first n bytes.
// They may be unparsed only before the response has begun: some streams send
// events of their own first.
func (e *exchange) wrongCut(n int) string {
	got := e.read(e.body[:n], n+1)
	switch got.Outcome {
	case usage.Metered:
		if !e.hasTokens(*got.Tokens) {
			return "metered " + text(got)
		}
	case usage.Unparsed:
		if e.want.Outcome != usage.Unparsed && bytes.Contains(e.body[:n], []byte(e.want.ResponseID)) {
			return "unparsed"
		}
	case usage.Interrupted, usage.NoUsage, usage.Failed:
		if above(got.Tokens.Output, e.want.Tokens.Output) && !e.hasTokens(*got.Tokens) {
			return "more output than the whole: " + text(got)
		}
	case usage.NotBillable: // a fetch
	default:
		return "outcome " + string(got.Outcome)
	}
	return ""
}

func above(a, b *int64) bool { return a != nil && (b == nil || *a > *b) }

func (e *exchange) hasTokens(t usage.Tokens) bool {
	if reflect.DeepEqual(t, *e.want.Tokens) {
		return true
	}
	return slices.ContainsFunc(e.want.Parts, func(p usage.Part) bool { return reflect.DeepEqual(p.Tokens, t) })
}

// read does with a body what capture does with an exchange.
func (e *exchange) read(body []byte, size int) facts {
	route, ok := BuiltIn().Match(e.head)
	if !ok {
		return facts{Outcome: usage.Tunnelled}
	}
	if route.Class == NotBillable {
		return facts{Outcome: usage.NotBillable, Reason: route.Reason, Provider: route.Provider}
	}
	if e.status == http.StatusSwitchingProtocols && route.Dialect != "" {
		return facts{Outcome: usage.NotBillable, Reason: "nothing_asked", Provider: route.Provider} // as far as a case goes
	}
	if IsReplay(e.header) {
		return facts{Outcome: usage.NotBillable, Reason: "gateway_cache", Provider: route.Provider}
	}
	q, resp, state, isStream, results := e.readBodies(route, body, size)
	if route.Class == Fetch && (state != Complete || resp.Tokens.IsZero()) {
		return facts{Outcome: usage.NotBillable, Reason: cmp.Or(route.Reason, "poll"), Provider: route.Provider, Results: results}
	}
	f := facts{
		Provider: route.Provider, Dialect: route.Dialect, Kind: route.Kind, IsFetch: route.Class == Fetch,
		ModelRequested: cmp.Or(q.Model, route.Model), SessionID: cmp.Or(q.SessionID, route.SessionID), GroupID: q.GroupID,
		Model: resp.Model, ResponseID: resp.ID, Tokens: &resp.Tokens, ServiceTier: resp.ServiceTier, StopReason: resp.StopReason,
		Speed: resp.Speed, Geo: cmp.Or(resp.Geo, route.Geo), WebSearches: resp.WebSearches, ReportedCost: resp.ReportedCost,
		Streamed: isStream, Error: resp.Error, IsDoubtful: resp.IsDoubtful, Rule: resp.Rule, Parts: resp.Parts,
	}
	if q.IsPrewarm {
		f.Kind = usage.Prewarm
	}
	if resp.Kind != "" {
		f.Kind = resp.Kind
	}
	f.Outcome, f.Reason = e.outcome(resp, state)
	return f
}

func (e *exchange) readBodies(route Route, body []byte, size int) (q Request, resp usage.Response, state State, isStream bool, results []result) {
	if IsDuplex(route) {
		var all turns
		s := NewDuplex(e.head, route, func(string) Request { return Request{} }, &all)
		inPieces(e.requestBody, size, s.Client)
		s.Open(e.header)
		inPieces(body, size, s.Server)
		s.Close()
		t := all.answered[len(all.answered)-1]
		return t.Request, t.Response, t.State, true, nil
	}
	q = readRequest(e.requestBody, size)
	r := NewReader(route, q, e.header)
	r.Each = func(resp usage.Response) {
		results = append(results, result{resp.ID, resp.Model, resp.Kind, resp.Tokens, resp.ServiceTier, resp.StopReason})
	}
	inPieces(body, size, r.Write)
	resp, state = r.Close()
	return q, resp, state, r.IsStream(), results
}

func inPieces(body []byte, size int, write func([]byte)) {
	for len(body) > 0 {
		n := min(size, len(body))
		write(body[:n])
		body = body[n:]
	}
}

// turns are those that a Stream has told of.
type turns struct {
	asked    int
	answered []*Turn
}

func (t *turns) Asked(*Turn)         { t.asked++ }
func (t *turns) Answered(turn *Turn) { t.answered = append(t.answered, turn) }

func (e *exchange) outcome(resp usage.Response, state State) (usage.Outcome, string) {
	switch {
	case e.status == http.StatusSwitchingProtocols:
		return usage.Unparsed, "websocket"
	case e.status >= 400 || resp.Error != "":
		return usage.Failed, ""
	case state == Cut:
		return usage.Interrupted, ""
	case state == Garbled:
		return usage.Unparsed, ""
	case resp.IsPending:
		return usage.NoUsage, "background_pending"
	case state == Silent:
		return usage.NoUsage, ""
	}
	return usage.Metered, ""
}

func readRequest(body []byte, size int) Request {
	r := NewRequestReader("")
	inPieces(body, size, r.Write)
	q, _ := r.Close()
	return q
}

// load reads the cases. TestEveryProviderHasCases tells of folders that are none.
func load(t testing.TB) []*exchange {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(corpus, "*", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases below %s: %v", corpus, err)
	}
	var cases []*exchange
	for _, folder := range folders {
		if len(missingFiles(folder)) > 0 {
			continue
		}
		e, err := loadCase(folder)
		if err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
		cases = append(cases, e)
	}
	return cases
}

func loadCase(folder string) (*exchange, error) {
	e := &exchange{provider: filepath.Base(filepath.Dir(folder)), name: filepath.Base(folder)}
	if err := e.loadMessages(folder); err != nil {
		return nil, err
	}
	want, err := os.ReadFile(filepath.Join(folder, "want.json"))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(want))
	d.DisallowUnknownFields()
	return e, d.Decode(&e.want)
}

func (e *exchange) loadMessages(folder string) error {
	raw, err := os.ReadFile(filepath.Join(folder, "request.http"))
	if err != nil {
		return err
	}
	q, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return err
	}
	host, _, _ := strings.Cut(q.Host, ":")
	e.head = usage.Exchange{Method: q.Method, Host: host, Path: q.URL.Path, Header: usage.Header(q.Header), Transport: usage.HTTP1}
	sent, err := io.ReadAll(q.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("request.http: the body ends after %d bytes, before the length that its head states", len(sent))
	}
	if err != nil {
		return fmt.Errorf("request.http: %w", err)
	}
	if e.requestBody, err = decoded(q.Header, bytes.NewReader(sent)); err != nil {
		return err
	}
	if raw, err = os.ReadFile(filepath.Join(folder, "response.http")); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	e.status, e.header = resp.StatusCode, usage.Header(resp.Header)
	e.body, err = decoded(resp.Header, resp.Body)
	return err
}

func TestLoaderRefusesAShortRequest(t *testing.T) {
	const body = `{"model":"m"}`
	for length, wrong := range map[int]bool{len(body): false, len(body) + 1: true} {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "request.http"), fmt.Sprintf("POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: %d\r\n\r\n%s", length, body))
		write(t, filepath.Join(folder, "response.http"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		write(t, filepath.Join(folder, "want.json"), "{}")
		if _, err := loadCase(folder); (err != nil) != wrong {
			t.Errorf("Content-Length %d with a body of %d: %v", length, len(body), err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// decoded reads a body as far as it goes: some cases end in the middle.
func decoded(h http.Header, body io.Reader) ([]byte, error) {
	r, err := coding.NewReader(h.Get("Content-Encoding"), body)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b, err
}

func text(f facts) string {
	b, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
