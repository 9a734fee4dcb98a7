package clients

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/browser"
	"github.com/leafcam/leafcam/internal/printable"
)

// Browsers behind a WebDriver grid (W3C WebDriver), such as Selenium Grid, a cloud of devices,
// or a single driver.

// WebDriver asks a grid which browsers it has and returns a client for each. options are
// capabilities that go with every session, such as a cloud's credentials; they may be nil. The
// browsers' trust and names are those of their machines. It returns an error when the grid does
// not answer as one.
func WebDriver(ctx context.Context, grid string, options map[string]any) ([]*hostsim.Client, error) {
	grid = strings.TrimRight(grid, "/")
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var status struct {
		Ready bool `json:"ready"`
		Nodes []struct {
			Slots []struct {
				Stereotype map[string]any `json:"stereotype"`
			} `json:"slots"`
		} `json:"nodes"`
	}
	if err := browser.Call(ctx, http.MethodGet, grid+"/status", nil, &status); err != nil {
		return nil, fmt.Errorf("the WebDriver grid at %s: %w", grid, err)
	}
	if !status.Ready {
		return nil, fmt.Errorf("the WebDriver grid at %s says that it is not ready", grid)
	}
	var list []*hostsim.Client
	seen := map[string]bool{}
	add := func(capabilities map[string]any) {
		for key, value := range options {
			capabilities[key] = value
		}
		title := describe(capabilities)
		if name := "webdriver-" + strings.ToLower(strings.ReplaceAll(title, " ", "-")); !seen[name] {
			seen[name] = true
			list = append(list, gridClient(name, title, grid, capabilities))
		}
	}
	for _, node := range status.Nodes {
		for _, slot := range node.Slots {
			// A stereotype holds the grid's own settings, too: the standard ones identify it.
			capabilities := map[string]any{}
			for _, key := range []string{"browserName", "browserVersion", "platformName"} {
				if value, ok := slot.Stereotype[key]; ok && value != "" {
					capabilities[key] = value
				}
			}
			add(capabilities)
		}
	}
	if len(list) == 0 {
		add(map[string]any{}) // a single driver tells nothing before a session
	}
	return list, nil
}

func describe(capabilities map[string]any) string {
	var words []string
	for _, key := range []string{"browserName", "browserVersion", "platformName"} {
		if value, ok := capabilities[key].(string); ok {
			words = append(words, printable.Line(value))
		}
	}
	if len(words) == 0 {
		return "browser"
	}
	return strings.Join(words, " ")
}

func gridClient(name, title, grid string, capabilities map[string]any) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title + " at " + grid, Stack: "of the browser", Library: "of the browser",
		Known: hostsim.Known{Words: browserWords, OwnTrust: true, Browser: true},
		Dial:  func(ctx context.Context, v *hostsim.Visit) ([]byte, error) { return browse(ctx, grid, capabilities, v) },
	}
}

// browse opens the visit's page in a session of its own and returns its source. A page that
// the browser shows in the place of one that it refuses is an error with the page's words.
func browse(ctx context.Context, grid string, capabilities map[string]any, v *hostsim.Visit) (page []byte, err error) {
	wanted := map[string]any{"acceptInsecureCerts": false}
	for key, value := range capabilities {
		wanted[key] = value
	}
	var session struct {
		ID string `json:"sessionId"`
	}
	start := map[string]any{"capabilities": map[string]any{"alwaysMatch": wanted}}
	if err := browser.Call(ctx, http.MethodPost, grid+"/session", start, &session); err != nil {
		return nil, fmt.Errorf("no session: %w", err)
	}
	here := grid + "/session/" + session.ID
	defer func() {
		// The session has to end also when ctx has.
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = browser.Call(ending, http.MethodDelete, here, nil, nil)
	}()
	if err := browser.Call(ctx, http.MethodPost, here+"/timeouts", map[string]any{"pageLoad": 30000}, nil); err != nil {
		return nil, err
	}
	navigated := browser.Call(ctx, http.MethodPost, here+"/url", map[string]any{"url": v.URL()}, nil)
	var source string
	if err := browser.Call(ctx, http.MethodGet, here+"/source", nil, &source); err != nil {
		return nil, errors.Join(navigated, err)
	}
	if navigated != nil || !cameraPage.MatchString(source) {
		return nil, errors.Join(navigated, errors.New(errorPage(source)))
	}
	return []byte(source), nil
}

// cameraPage is what the page of a cell's camera looks like. A browser's error page may show
// names from the certificate.
var cameraPage = regexp.MustCompile(`leafcam [0-9a-f]{32}`)

// errorPage returns the lines of a page that speak of an error.
func errorPage(source string) string {
	for _, mark := range []string{"net::ERR_", "ERR_CERT", "ERR_SSL", "SEC_ERROR_", "SSL_ERROR_", "MOZILLA_PKIX_ERROR_"} {
		if at := strings.Index(source, mark); at >= 0 {
			end := strings.IndexFunc(source[at:], func(r rune) bool {
				return !(r == ':' || r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
			})
			if end > 0 {
				return source[at : at+end]
			}
			return source[at:]
		}
	}
	return "another page than the camera's"
}
