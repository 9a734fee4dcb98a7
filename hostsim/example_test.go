package hostsim_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/leafcam/leafcam/hostsim"
)

// Go's own TLS client, in this process, where a client is a program otherwise.
func ExampleRunner() {
	client := &hostsim.Client{
		Name: "go", Title: "Go in this process", Stack: "crypto/tls", Library: "crypto/tls",
		Dial: func(ctx context.Context, v *hostsim.Visit) ([]byte, error) {
			roots := x509.NewCertPool()
			for _, c := range v.Trusted() {
				roots.AddCert(c)
			}
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.URL(), nil)
			if err != nil {
				return nil, err
			}
			response, err := (&http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: roots},
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", v.Port))
				},
				DisableKeepAlives: true,
			}}).Do(request)
			if err != nil {
				return nil, err
			}
			defer response.Body.Close()
			return io.ReadAll(response.Body)
		},
	}
	matrix, err := hostsim.Runner{
		Clients:   []*hostsim.Client{client},
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioSecondLoad(), hostsim.ScenarioStore()},
	}.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, cell := range matrix.Row("go").Cells {
		fmt.Printf("%s: %s, %s%s\n", cell.Scenario, cell.Verdict, cell.How, cell.Cause)
	}
	// Output:
	// leaf-only: refused, missing intermediate
	// second-load: completed, sent
	// store: completed, anchor
}
