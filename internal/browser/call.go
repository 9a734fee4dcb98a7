package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxReply is the most that is read of a grid's answer, octets.
const maxReply = 4 << 20

// Call makes one WebDriver request (section 6) and decodes the value of its answer,
// which may be nil.
func Call(ctx context.Context, method, url string, body, value any) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return err
	}
	var reply struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return fmt.Errorf("no WebDriver answer (%s)", response.Status)
	}
	if response.StatusCode >= 400 {
		var failure struct{ Error, Message string }
		_ = json.Unmarshal(reply.Value, &failure) // what it lacks is left out
		first, _, _ := strings.Cut(failure.Message, "\n")
		return fmt.Errorf("%s: %s", failure.Error, first)
	}
	if value == nil {
		return nil
	}
	return json.Unmarshal(reply.Value, value)
}
