package scripted

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// Anthropic's models on AWS Bedrock: messages as they are, and in a stream each
// event within one of AWS's. The counts stand there once more, in the last event
// or in headers.
var invoke = dialect{
	name: "invoke", path: regexp.MustCompile(`^/model/(.+)/invoke(?:-with-response-stream)?$`),
	bills: func(n int64) bill {
		b := messages.bills(n)
		b.idForm = "msg_bdrk_scripted_%d"
		return b
	},
	fault:  func(_ int, message string) any { return object{"message": message} },
	known:  messages.known,
	whole:  messages.whole,
	event:  invokeEvents,
	errors: invokeErrors,
	dress:  dressInvoke,
	wire:   awsEvents,
}

var invokeErrors = map[int]string{
	200: "throttlingException", 400: "ValidationException", 401: "UnrecognizedClientException", 403: "AccessDeniedException",
	429: "ThrottlingException", 500: "InternalServerException", 503: "ServiceUnavailableException", 529: "ModelNotReadyException",
}

func invokeEvents(y *reply) []event {
	all := messageEvents(y)
	if !y.NoUsage {
		t := y.bill.tokens
		all[len(all)-1].data = encode(object{"type": "message_stop", "amazon-bedrock-invocationMetrics": object{
			"inputTokenCount": *t.Input, "outputTokenCount": *t.Output, "cacheReadInputTokenCount": *t.CacheRead,
			"cacheWriteInputTokenCount": *t.CacheWrite5m + *t.CacheWrite1h, "invocationLatency": 900, "firstByteLatency": 300,
		}})
	}
	return all
}

func dressInvoke(y *reply, h http.Header) {
	h.Set("X-Amzn-Requestid", fmt.Sprintf("00000000-0000-4000-8000-%012d", y.Number))
	if y.Refuse != 0 {
		h.Set("X-Amzn-Errortype", invokeErrors[y.Refuse]+":http://internal.amazon.com/coral/com.amazon.bedrock/")
		return
	}
	if y.IsStream || y.NoUsage {
		return
	}
	t := y.bill.tokens
	for name, n := range map[string]int64{"Input": *t.Input, "Output": *t.Output, "Cache-Read-Input": *t.CacheRead, "Cache-Write-Input": *t.CacheWrite5m + *t.CacheWrite1h} {
		h.Set("X-Amzn-Bedrock-"+name+"-Token-Count", fmt.Sprint(n))
	}
}

var awsEvents = wire{"application/vnd.amazon.eventstream", func(e event) []byte {
	if e.name == "error" {
		return awsEvent(e.data, "exception", ":exception-type", invokeErrors[http.StatusOK])
	}
	padding := "abcdefghijklm"[:len(e.data)%13]
	return awsEvent(encode(object{"bytes": e.data, "p": padding}), "event", ":event-type", "chunk") // bytes become base64
}}

func awsEvent(payload []byte, kind, header, name string) []byte {
	m := eventstream.Message{Payload: payload}
	for _, h := range [][2]string{{header, name}, {":content-type", "application/json"}, {":message-type", kind}} {
		m.Headers.Set(h[0], eventstream.StringValue(h[1]))
	}
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		panic("scripted: " + err.Error()) // our own headers do encode
	}
	return b.Bytes()
}
