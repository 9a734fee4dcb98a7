package hostsim_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// fetch returns what the AIA URL of a certificate leads to.
func fetch(ctx context.Context, v *hostsim.Visit, subject *x509.Certificate) (*x509.Certificate, error) {
	if len(subject.IssuingCertificateURL) == 0 {
		return nil, errors.New("no AIA URL")
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(v.AIAHosts[host], port))
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, subject.IssuingCertificateURL[0], nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	der, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// fetching is a client that asks the AIA URL when the chain is not whole; believes says what it thinks of
// the answer.
func fetching(believes func(v *hostsim.Visit, sent []*x509.Certificate, issuer *x509.Certificate) error) *hostsim.Client {
	return dialing("fetching", func(ctx context.Context, v *hostsim.Visit, sent []*x509.Certificate) error {
		err := verifies(ctx, v, sent)
		var unknown x509.UnknownAuthorityError
		if errors.As(err, &unknown) {
			var issuer *x509.Certificate
			if issuer, err = fetch(ctx, v, sent[0]); err == nil {
				err = believes(v, sent, issuer)
			}
		}
		if err != nil {
			return fmt.Errorf("certificate verify failed: %w", err)
		}
		return nil
	})
}

// TestFetchesProveNothing: a client that asks an AIA URL and does not verify the answer is found out.
func TestFetchesProveNothing(t *testing.T) {
	honest := func(v *hostsim.Visit, sent []*x509.Certificate, issuer *x509.Certificate) error {
		return verifies(t.Context(), v, append(sent, issuer))
	}
	ignores := func(*hostsim.Visit, []*x509.Certificate, *x509.Certificate) error { return nil }
	comparesNames := func(_ *hostsim.Visit, sent []*x509.Certificate, issuer *x509.Certificate) error {
		if issuer.Subject.String() != sent[0].Issuer.String() || string(issuer.SubjectKeyId) != string(sent[0].AuthorityKeyId) {
			return errors.New("another issuer")
		}
		return nil
	}
	stopsBelowTheRoot := func(_ *hostsim.Visit, sent []*x509.Certificate, issuer *x509.Certificate) error {
		return sent[0].CheckSignatureFrom(issuer)
	}
	for _, tc := range []struct {
		name      string
		believes  func(*hostsim.Visit, []*x509.Certificate, *x509.Certificate) error
		scenarios []string
		doubt     string // "" is none
	}{
		{"verifies", honest, []string{"standard", "aia-loop", "aia-pkcs7"}, ""},
		{"throws it away", ignores, []string{"standard"}, "the client accepts even aia-stranger, a negative control: it does not verify"},
		{"throws it away, asked for one scenario", ignores, []string{"aia"}, "accepts even aia-stranger"},
		{"throws it away, in a circle", ignores, []string{"aia-loop"}, "accepts even aia-"},
		{"compares names and key identifiers", comparesNames, []string{"aia"}, "accepts even aia-stranger"},
		{"stops below the root", stopsBelowTheRoot, []string{"aia", "aia-loop"}, "accepts even aia-loop, a negative control"},
		{"throws it away, where nothing can be fetched", ignores, []string{"leaf-only", "second-load"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scenarios, err := hostsim.ScenariosByName(tc.scenarios)
			require.NoError(t, err)
			row := matrixOf(t, hostsim.Runner{Clients: []*hostsim.Client{fetching(tc.believes)}, Scenarios: scenarios})
			if tc.doubt != "" {
				require.False(t, row.Trustworthy)
				require.Contains(t, row.Doubt, tc.doubt)
				for _, c := range row.Cells {
					require.False(t, c.ChainCompleted, c.Scenario)
					require.Equal(t, verdict.VerdictHarnessError, c.Verdict, c.Scenario)
				}
				return
			}
			require.True(t, row.Trustworthy, row.Doubt)
			for name, want := range map[string]string{"aia": "aia", "aia-stranger": "missing intermediate", "aia-loop": "missing intermediate"} {
				if c := row.Cell(name); c != nil {
					require.Equal(t, want, string(c.How)+string(c.Cause), name)
					require.Positive(t, c.Fetches, name)
				}
			}
		})
	}
}
