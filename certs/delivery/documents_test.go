package delivery_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

type object = map[string]any

// documents are what programs write that keep certificates, by who writes them.
func documents(c *generatedChain, key *pem.Block) map[string]string {
	leaf, err := x509.ParseCertificate(c.leaf)
	if err != nil {
		panic(err)
	}
	full := string(certs.EncodePEM(append([]*x509.Certificate{leaf}, c.chain...)...))
	first, chain := string(certs.EncodePEM(leaf)), string(certs.EncodePEM(c.chain...))
	private := string(pem.EncodeToMemory(key))
	var links []string
	for _, issuer := range c.chain {
		links = append(links, string(certs.EncodePEM(issuer)))
	}
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	escaped := func(text string) string { return strings.ReplaceAll(text, "\n", `\n`) }
	indented := func(text string) string { return inLines(text, "    ", "") }
	secret := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: cam\n"
	return map[string]string{
		"Traefik 2": asJSON(object{"le": object{"Account": object{"Email": "a@example.com"}, "Certificates": []any{
			object{"domain": object{"main": "cam.example.com"}, "certificate": b64(full), "key": b64(private), "Store": "default"},
		}}}),
		"Traefik 1": asJSON(object{"Certificates": []any{
			object{"Domain": object{"Main": "cam.example.com", "SANs": nil}, "Certificate": b64(full), "Key": b64(private)},
		}}),
		"a Secret of Kubernetes": secret + "data:\n  tls.crt: " + b64(full) + "\n  tls.key: " + b64(private) + "\n",
		"a Secret in JSON":       asJSON(object{"kind": "Secret", "data": object{"tls.crt": b64(full), "tls.key": b64(private)}}),
		"stringData of cert-manager": secret + "stringData:\n  ca.crt: \"\"\n  tls.crt: |\n" + indented(full) +
			"  tls.key: |\n" + indented(private),
		"Vault": asJSON(object{"request_id": "1", "data": object{
			"ca_chain": links, "certificate": strings.TrimSpace(first), "private_key": strings.TrimSpace(private), "private_key_type": "ec",
		}}),
		"Vault's table": "Key                 Value\n---                 -----\ncertificate         " + first + "issuing_ca          " + chain +
			"private_key         " + private + "serial_number       1:2\n",
		"step":            asJSON(object{"crt": first, "ca": chain, "certChain": append([]string{first}, links...), "key": private}),
		"AWS CLI":         asJSON(object{"Certificate": first, "CertificateChain": chain, "PrivateKey": private}),
		"Secrets Manager": asJSON(object{"Name": "cam", "SecretString": asJSON(object{"cert": full, "key": private})}),
		"Home Assistant":  "http:\n  ssl_certificate: |\n" + indented(full) + "  ssl_key: |\n" + indented(private),
		"Compose": "services:\n  cam:\n    environment:\n      CERT: \"" + escaped(full) + "\"\n" +
			"      KEY: \"" + escaped(private) + "\"\n",
		".env": "TLS_CERT='" + full + "'\nTLS_KEY='" + private + "'\n",
		"Terraform": asJSON(object{"resources": []any{object{"instances": []any{object{"attributes": object{
			"certificate_pem": first, "issuer_pem": chain, "private_key_pem": private,
		}}}}}}),
		"OpenWrt's UCI":           "config cert\n\toption cert '" + escaped(full) + "'\n\toption key '" + escaped(private) + "'\n",
		"OpenVPN":                 "client\n<cert>\n" + full + "</cert>\n<key>\n" + private + "</key>\n",
		"pfSense":                 "<pfsense><cert><crt>" + b64(full) + "</crt><prv>" + b64(private) + "</prv></cert></pfsense>\n",
		"Caddy's storage in JSON": asJSON(object{"sans": []string{"cam.example.com"}, "cert": full, "key": private}),
	}
}
