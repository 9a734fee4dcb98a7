package knowncas

// Documents.
const (
	staging = "letsencrypt.org/docs/staging-environment"
	origin  = "developers.cloudflare.com/ssl/origin-configuration/origin-ca"
)

// list are the issuers, each with what its name begins with.
var list = []known{
	{CA: CA{"Let's Encrypt's staging environment", Test, staging}, organization: "(STAGING)"},
	{CA: CA{"Let's Encrypt's staging environment", Test, staging}, commonName: "(STAGING)"},
	{CA: CA{"Let's Encrypt's staging environment", Test, staging}, commonName: "Fake LE "},
	{CA: CA{"Let's Encrypt's staging environment", Test, staging}, organization: "STAGING "},
	{CA: CA{"Pebble, an ACME server for tests", Test, "github.com/letsencrypt/pebble"}, commonName: "Pebble "},
	{CA: CA{"Boulder, run for tests", Test, "github.com/letsencrypt/boulder"}, commonName: "h2ppy h2cker fake CA"},
	{CA: CA{"Buypass's test environment", Test, "buypass.com, Go SSL"}, commonName: "Buypass Class 2 Test"},
	{CA: CA{"Google Trust Services' staging environment", Test, "pki.goog"}, commonName: "GTS Staging"},
	{CA: CA{"Google Trust Services' staging environment", Test, "pki.goog"}, organization: "Google Trust Services LLC (Staging"},
	{CA: CA{"ZeroSSL's or Sectigo's test environment", Test, "sectigo.com"}, organization: "Sectigo Limited (TEST"},

	{CA: CA{"Cloudflare's Origin CA", Closed, origin}, unit: "CloudFlare Origin"},
	{CA: CA{"Cloudflare's Origin CA", Closed, origin}, commonName: "CloudFlare Origin"},
	{CA: CA{"Cloudflare's managed CA", Closed, origin}, commonName: "Managed CA ", organization: "Cloudflare"},

	{CA: CA{"Fortinet (FortiGate)", Interception, "docs.fortinet.com, SSL/SSH inspection"}, organization: "Fortinet"},
	{CA: CA{"Zscaler", Interception, "help.zscaler.com, SSL inspection"}, organization: "Zscaler"},
	{CA: CA{"Zscaler", Interception, "help.zscaler.com, SSL inspection"}, commonName: "Zscaler"},
	{CA: CA{"Netskope", Interception, "docs.netskope.com"}, organization: "Netskope"},
	{CA: CA{"Netskope", Interception, "docs.netskope.com"}, commonName: "Netskope"},
	{CA: CA{"Cisco Umbrella", Interception, "docs.umbrella.com"}, commonName: "Cisco Umbrella"},
	{CA: CA{"Sophos", Interception, "docs.sophos.com"}, organization: "Sophos"},
	{CA: CA{"Sophos", Interception, "docs.sophos.com"}, commonName: "Sophos"},
	{CA: CA{"Check Point", Interception, "sc1.checkpoint.com, HTTPS inspection"}, commonName: "Check Point"},
	{CA: CA{"SonicWall", Interception, "sonicwall.com, DPI-SSL"}, commonName: "SonicWall"},
	{CA: CA{"WatchGuard", Interception, "watchguard.com, content inspection"}, organization: "WatchGuard"},
	{CA: CA{"Palo Alto Networks", Interception, "docs.paloaltonetworks.com, SSL forward proxy"}, organization: "Palo Alto Networks"},
	{CA: CA{"Blue Coat ProxySG", Interception, "broadcom.com"}, organization: "Blue Coat"},
	{CA: CA{"Forcepoint, once Websense", Interception, "forcepoint.com"}, organization: "Websense"},
	{CA: CA{"Forcepoint", Interception, "forcepoint.com"}, organization: "Forcepoint"},
	{CA: CA{"Barracuda", Interception, "campus.barracuda.com"}, organization: "Barracuda"},
	{CA: CA{"Untangle", Interception, "untangle.com"}, organization: "Untangle"},
	{CA: CA{"pfSense's Squid", Interception, "docs.netgate.com"}, organization: "pfSense"},
	{CA: CA{"ESET", Interception, "help.eset.com, SSL/TLS scan"}, commonName: "ESET SSL Filter CA"},
	{CA: CA{"Kaspersky", Interception, "support.kaspersky.com"}, commonName: "Kaspersky"},
	{CA: CA{"Kaspersky", Interception, "support.kaspersky.com"}, organization: "AO Kaspersky Lab"},
	{CA: CA{"Avast", Interception, "support.avast.com, Web Shield"}, commonName: "avast! "},
	{CA: CA{"Avast", Interception, "support.avast.com, Web Shield"}, commonName: "Avast Web"},
	{CA: CA{"AVG", Interception, "support.avg.com, Web Shield"}, commonName: "AVG Web"},
	{CA: CA{"Bitdefender", Interception, "bitdefender.com"}, commonName: "Bitdefender"},
	{CA: CA{"mitmproxy", Interception, "docs.mitmproxy.org"}, commonName: "mitmproxy"},
	{CA: CA{"Charles Proxy", Interception, "charlesproxy.com"}, commonName: "Charles Proxy"},
	{CA: CA{"Burp Suite", Interception, "portswigger.net"}, commonName: "PortSwigger CA"},
	{CA: CA{"Fiddler", Interception, "telerik.com/fiddler"}, commonName: "DO_NOT_TRUST_Fiddler"},
	{CA: CA{"AdGuard", Interception, "adguard.com/kb"}, commonName: "AdGuard Personal"},

	{CA: CA{"mkcert", Development, "github.com/FiloSottile/mkcert"}, organization: "mkcert development CA"},
	{CA: CA{"mkcert", Development, "github.com/FiloSottile/mkcert"}, commonName: "mkcert "},
	{CA: CA{"minica", Development, "github.com/jsha/minica"}, commonName: "minica root ca"},
	{CA: CA{"Caddy's local CA", Development, "caddyserver.com/docs/automatic-https"}, commonName: "Caddy Local Authority"},
	{CA: CA{"ASP.NET Core", Development, "learn.microsoft.com, dotnet dev-certs"}, commonName: "ASP.NET Core HTTPS development"},

	{CA: CA{"Traefik", Placeholder, "doc.traefik.io"}, commonName: "TRAEFIK DEFAULT CERT"},
	{CA: CA{"ingress-nginx", Placeholder, "kubernetes.github.io/ingress-nginx"}, commonName: "Kubernetes Ingress Controller Fake"},
	{CA: CA{"Plesk", Placeholder, "docs.plesk.com"}, commonName: "Plesk", organization: "Plesk"},
	{CA: CA{"Synology DSM", Placeholder, "kb.synology.com"}, organization: "Synology Inc."},
	{CA: CA{"QNAP QTS", Placeholder, "docs.qnap.com"}, organization: "QNAP Systems"},
	{CA: CA{"UniFi", Placeholder, "help.ui.com"}, organization: "Ubiquiti"},
	{CA: CA{"OpenWrt", Placeholder, "openwrt.org"}, organization: "OpenWrt"},
}
