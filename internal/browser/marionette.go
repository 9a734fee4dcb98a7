package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// A marionette speaks Firefox' own protocol: messages of JSON, each with its length in decimal
// and a colon before it.
type marionette struct {
	conn net.Conn
	in   *bufio.Reader
	last int
}

// connect greets a Firefox that has just been started and opens a session.
func connect(ctx context.Context, port int) (*marionette, error) {
	conn, err := dial(ctx, port)
	if err != nil {
		return nil, err
	}
	m := &marionette{conn: conn, in: bufio.NewReader(conn)}
	_ = conn.SetDeadline(time.Now().Add(startTimeout))
	if _, err = m.read(); err == nil { // its greeting
		err = m.call(ctx, "WebDriver:NewSession", map[string]any{}, nil)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return m, nil
}

// commandTimeout is how long a command may take.
const commandTimeout = 60 * time.Second

// call sends a command and decodes the value of its answer.
func (m *marionette) call(_ context.Context, name string, body map[string]any, value any) error {
	m.last++
	text, err := json.Marshal([]any{0, m.last, name, body})
	if err != nil {
		return err
	}
	_ = m.conn.SetDeadline(time.Now().Add(commandTimeout))
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(text), text); err != nil {
		return err
	}
	answer, err := m.read()
	if err != nil {
		return err
	}
	var parts [4]json.RawMessage
	if err := json.Unmarshal(answer, &parts); err != nil {
		return err
	}
	var failure struct{ Error, Message string }
	if err := json.Unmarshal(parts[2], &failure); err == nil && failure.Error != "" {
		return fmt.Errorf("%s: %s", failure.Error, failure.Message)
	}
	if value == nil {
		return nil
	}
	var reply struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(parts[3], &reply); err != nil {
		return err
	}
	return json.Unmarshal(reply.Value, value)
}

// read returns one message.
func (m *marionette) read() ([]byte, error) {
	length, err := m.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil || n < 0 || n > maxReply {
		return nil, errors.New("no message of Marionette")
	}
	text := make([]byte, n)
	_, err = io.ReadFull(m.in, text)
	return text, err
}
