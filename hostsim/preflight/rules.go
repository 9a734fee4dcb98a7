package preflight

// A Code names a kind of finding.
type Code string

// A Rule is what is true of every finding with its code.
type Rule struct {
	Code     Code
	Severity Severity
	Summary  string
	Cause    string
	Fix      string
	Basis    Basis
}

// The codes, in the order of a check.
const (
	CodePEMCertificate     Code = "pem-certificate"
	CodePEMKey             Code = "pem-key"
	CodeEncryptedKey       Code = "encrypted-key"
	CodeFilesSwapped       Code = "files-swapped"
	CodeKeyUnsupported     Code = "key-unsupported"
	CodeCertUnsupported    Code = "certificate-unsupported"
	CodeNoCertificate      Code = "no-certificate"
	CodeNoKey              Code = "no-key"
	CodeKeyMismatch        Code = "key-mismatch"
	CodePairUnusable       Code = "pair-unusable"
	CodeFileNotLoaded      Code = "file-not-loaded"
	CodeSeveralCerts       Code = "several-certificates"
	CodeMessageTooLong     Code = "message-too-long"
	CodeChainTooLong       Code = "chain-too-long"
	CodeIssuerNotLoaded    Code = "issuer-not-loaded"
	CodeGoCannotParse      Code = "go-cannot-parse"
	CodeWeakKey            Code = "weak-key"
	CodeLargeKey           Code = "large-key"
	CodeOddCurve           Code = "odd-curve"
	CodeFewClientsCurve    Code = "p521-curve"
	CodeWeakSignature      Code = "weak-signature"
	CodeNameMismatch       Code = "name-mismatch"
	CodeNoSAN              Code = "no-san"
	CodeNameNotPublic      Code = "name-not-public"
	CodeExpired            Code = "expired"
	CodeNotYetValid        Code = "not-yet-valid"
	CodeExpiresSoon        Code = "expires-soon"
	CodeValidityTooLong    Code = "validity-too-long"
	CodeKeyUsage           Code = "key-usage"
	CodeExtKeyUsage        Code = "ext-key-usage"
	CodeCALeaf             Code = "ca-leaf"
	CodeMustStaple         Code = "must-staple"
	CodeNoSCTs             Code = "no-scts"
	CodeSelfSigned         Code = "self-signed"
	CodeIntermediateUnsent Code = "intermediate-not-sent"
	CodeMissingLink        Code = "missing-link"
	CodeUnknownRoot        Code = "unknown-root"
	CodePrivateRoot        Code = "private-root"
	CodeChainInvalid       Code = "chain-invalid"
	CodeTestCA             Code = "test-ca"
	CodeClosedCA           Code = "closed-ca"
	CodeInterceptionCA     Code = "interception-ca"
	CodeDevelopmentCA      Code = "development-ca"
	CodePlaceholder        Code = "placeholder-certificate"
	CodeOlderStores        Code = "older-stores"
	CodeRevocation         Code = "revocation"
	CodeIssuerEndsFirst    Code = "issuer-ends-first"
	CodeNoAIA              Code = "no-aia"
	CodeAIAUnusable        Code = "aia-unusable"
	CodeAIAFails           Code = "aia-fails"
	CodeAIAWorks           Code = "aia-works"
	CodeAIANotAsked        Code = "aia-not-asked"
	CodeStrictProfile      Code = "strict-profile"
	CodeClientsRefuse      Code = "clients-refuse"
	CodeNotUnderstood      Code = "not-understood"
	CodeTooMuch            Code = "too-much"
	CodeKeyTooLong         Code = "key-too-long"
	CodeOtherCertificate   Code = "other-certificate"
	CodeGenerations        Code = "several-generations"
	CodeLeftLocked         Code = "left-locked"
	CodeRequestDiffers     Code = "request-differs"
	CodeKeyReadable        Code = "key-readable"
	CodePrivateKeyHere     Code = "private-key-here"
	CodePEMDelivery        Code = "pem-delivery"
	CodeSharedKey          Code = "shared-key"
)

// Rules returns all rules, in the order of a check.
func Rules() []Rule {
	return []Rule{
		{CodePEMCertificate, SeverityError, "the certificate is PEM, and the firmware reads DER only",
			"the firmware was built without PEM",
			"leafcam convert DELIVERY --out DIR writes both files in DER; or openssl x509 -in FILE -outform DER -out server.der",
			BasisMeasured},
		{CodePEMKey, SeverityError, "the private key is PEM, and the firmware reads DER only",
			"the firmware was built without PEM, and reads the key before the certificate",
			"leafcam convert DELIVERY --out DIR writes both files in DER; or openssl pkey -in FILE -outform DER -out server.key.der",
			BasisMeasured},
		{CodeEncryptedKey, SeverityError, "the private key is encrypted",
			"the camera has no password and no code to decrypt a key",
			"leafcam convert DELIVERY --out DIR asks for the password and writes the key decrypted, for its owner alone",
			BasisMeasured},
		{CodeFilesSwapped, SeverityError, "key and certificate are swapped",
			"load_cert_chain takes the certificate first, then the key", "swap the two arguments", BasisMeasured},
		{CodeKeyUnsupported, SeverityError, "the camera does not load the private key",
			"Mbed TLS as built for the camera reads RSA, and EC keys on the NIST and secp…k1 curves, unencrypted, in PKCS#8, SEC 1 or PKCS#1",
			"make a P-256 key: leafcam csr NAME --out DIR, and have the certificate issued anew",
			BasisMeasured},
		{CodeCertUnsupported, SeverityError, "the camera does not load the certificate",
			"Mbed TLS refuses its form, its signature algorithm, its key or one of its critical extensions",
			"have it issued for a P-256 or RSA key, signed with ECDSA or RSA (PKCS#1) and SHA-256",
			BasisMeasured},
		{CodeNoCertificate, SeverityError, "the file of the certificate holds no certificate",
			"the CA makes the certificate of a request that it is sent; the camera presents what comes back, and loads nothing else",
			"name the file that the CA sent; where that has not come yet, send it the request",
			BasisMeasured},
		{CodeNoKey, SeverityError, "there is no private key",
			"the camera proves with it that the certificate is its own; the CA never has it",
			"name the file with the private key, too: it lies where the certificate request was made",
			BasisMeasured},
		{CodeKeyMismatch, SeverityError, "key and certificate do not belong together",
			"the camera loads them nevertheless and compares nothing; every client notices at the signature",
			"take the key that the certificate request was made with, or request a certificate for this one",
			BasisMeasured},
		{CodePairUnusable, SeverityError, "the pair loads, and no handshake succeeds with it",
			"the camera looks at key and certificate closely only when a client connects",
			"copy the key once more from where it was made, for it may be damaged; or make a new key, leafcam csr NAME --out DIR, and have the " +
				"certificate issued for it",
			BasisMeasured},
		{CodeFileNotLoaded, SeverityWarning, "a file of the delivery does not load as it lies there",
			"the camera reads the very octets of a file: nothing may follow a key in PKCS#8 or PKCS#1, which may carry no attributes and " +
				"not be encrypted; and of a chain in PEM every certificate has to load",
			"leafcam convert DELIVERY --out DIR writes files that load",
			BasisMeasured},
		{CodeSeveralCerts, SeverityWarning, "the file holds more than one certificate",
			"of a file in DER the camera reads the first certificate and ignores the rest",
			"leafcam convert DELIVERY --out DIR writes one file for each; the second load presents them all",
			BasisMeasured},
		{CodeMessageTooLong, SeverityError, "the certificate is too large for the camera",
			"the camera sends at most 4096 octets in a message; the handshake ends after its ServerHello",
			"ask for a certificate with fewer names, or with an ECDSA key",
			BasisMeasured},
		{CodeChainTooLong, SeverityWarning, "leaf and intermediates together are too large for the camera",
			"the camera sends at most 4096 octets in a message: the second load ends every handshake",
			"leave the last intermediates out where the clients know an issuer before them; or a gateway; or an ECDSA certificate",
			BasisMeasured},
		{CodeIssuerNotLoaded, SeverityWarning, "the camera does not load an issuer of the chain",
			"load_cert_chain reads an issuer as it reads a leaf, and Mbed TLS refuses its form, its signature algorithm, its key " +
				"or one of its critical extensions",
			"a gateway in front of the camera, with fullchain.pem: leafcam gateway; or issuers that the clients are given",
			BasisMeasured},
		{CodeGoCannotParse, SeverityWarning, "the camera loads the certificate, and clients written in Go refuse it",
			"Mbed TLS is less strict than Go's crypto/x509", "have it issued anew by a CA that keeps to RFC 5280", BasisMeasured},
		{CodeWeakKey, SeverityError, "the key is too short for many of today's clients",
			"OpenSSL at its usual security level (curl, Python, nginx ...) wants RSA keys of 2048 bits or more, " +
				"and so do all public CAs; browsers, GnuTLS, Go and Java still take 1024 of a private one",
			"make a P-256 key: leafcam csr NAME --out DIR", BasisMeasured},
		{CodeLargeKey, SeverityNote, "the key is slow on a camera",
			"an RSA signature takes a microcontroller many times as long as one with P-256",
			"P-256 (leafcam csr) is quick, small, and known to every client",
			BasisDocumented},
		{CodeOddCurve, SeverityError, "hardly any client offers the key's curve",
			"the camera signs on eight curves; clients offer P-256 and P-384, many P-521, and only some other devices more",
			"make a P-256 key: leafcam csr NAME --out DIR", BasisMeasured},
		{CodeFewClientsCurve, SeverityWarning, "not every client offers the key's curve",
			"Chromium, rustls and others offer no P-521, and public CAs do not sign for it",
			"make a P-256 key: leafcam csr NAME --out DIR", BasisMeasured},
		{CodeWeakSignature, SeverityError, "the certificate is signed with a hash that clients refuse",
			"MD5 and SHA-1 have been forged", "have it issued anew with SHA-256", BasisMeasured},
		{CodeNameMismatch, SeverityError, "the certificate is for other names than the host's",
			"clients compare the host that they were told with the names in the SAN",
			"connect to a name of the certificate, or have one issued for this host",
			BasisMeasured},
		{CodeNoSAN, SeverityError, "the certificate has no names but its common name",
			"browsers, Go, rustls and others look at the subject alternative name only (RFC " +
				"9525); OpenSSL, GnuTLS and Java fall back to the common name",
			"have it issued with a SAN: leafcam csr and leafcam selfsigned make one",
			BasisMeasured},
		{CodeNameNotPublic, SeverityNote, "no public CA certifies such a name",
			"public CAs certify what they can prove control of",
			"use a name below a domain that you own; or a CA of your own; or the self-signed flow",
			BasisDocumented},
		{CodeExpired, SeverityError, "the certificate has expired",
			"the camera looks at no date; every client does", "renew it, and flash the new one", BasisMeasured},
		{CodeNotYetValid, SeverityError, "the certificate is not valid yet",
			"the camera looks at no date; every client does", "wait, or correct the clock", BasisMeasured},
		{CodeExpiresSoon, SeverityWarning, "the certificate expires soon",
			"a camera does not renew it: somebody has to flash the next one before", "renew it now; plan for the next time", BasisDocumented},
		{CodeValidityTooLong, SeverityWarning, "the certificate is valid for longer than some clients take",
			"public CAs may issue for 398 days since 2020-09, 200 since 2026-03-15, " +
				"100 from 2027-03-15, 47 from 2029-03-15; Apple's clients refuse more than 825 days of any CA",
			"have it issued for less", BasisDocumented},
		{CodeKeyUsage, SeverityError, "keyUsage forbids what the camera needs the key for",
			"ECDHE needs digitalSignature; without it only static RSA is left, with keyEncipherment, which few clients offer",
			"have it issued with digitalSignature", BasisMeasured},
		{CodeExtKeyUsage, SeverityError, "extKeyUsage does not allow a server",
			"Mbed TLS itself will not use such a certificate for a server", "have it issued with serverAuth", BasisMeasured},
		{CodeCALeaf, SeverityWarning, "the server certificate is a CA's",
			"Firefox and rustls take no CA's certificate for a server's; other clients do",
			"have it issued with CA:FALSE; leafcam selfsigned makes either form",
			BasisMeasured},
		{CodeMustStaple, SeverityError, "the certificate demands a stapled OCSP answer",
			"the camera never staples one (RFC 7633)", "have it issued without must-staple; Let's Encrypt has no OCSP any more", BasisMeasured},
		{CodeNoSCTs, SeverityError, "a public CA's certificate without embedded SCTs",
			"Chrome, Safari and Firefox (since 135) want two or three signed certificate timestamps, and the camera sends none beside it",
			"have it issued with embedded SCTs, as all public CAs do unless asked not to",
			BasisDocumented},
		{CodeSelfSigned, SeverityNote, "the certificate is self-signed: each client has to be given it",
			"no CA vouches for it; no single form of it satisfies every client",
			"install the certificate in each client; the forecast tells which ones take this form",
			BasisMeasured},
		{CodeIntermediateUnsent, SeverityWarning, "the camera sends its leaf alone",
			"the documented load_cert_chain presents one certificate; clients that do not find the missing issuers themselves refuse the connection",
			"the second load, load_cert_chain(intermediate, key) after load_cert_chain(leaf, key), " +
				"makes the camera send them; or a gateway with fullchain.pem; or firmware that reads PEM",
			BasisMeasured},
		{CodeMissingLink, SeverityWarning, "the delivery lacks an issuer",
			"between the last certificate of the delivery and a root there is one that is not here: no cure can send it",
			"get it from the CA, or let --fetch download it", BasisMeasured},
		{CodeUnknownRoot, SeverityWarning, "the chain ends at no root that is known here",
			"neither this system nor Mozilla's list nor the delivery has it",
			"name the root with --root; each client has to be given it",
			BasisMeasured},
		{CodePrivateRoot, SeverityNote, "the root is not a public one: each client has to be given it",
			"a client trusts the roots that came with it, and those that somebody adds",
			"install the root, and never the intermediate, in each client",
			BasisMeasured},
		{CodeChainInvalid, SeverityError, "the chain is complete and does not verify",
			"one of its certificates forbids it", "ask the CA for the right chain", BasisMeasured},
		{CodeTestCA, SeverityError, "a test CA has issued the certificate",
			"no client trusts it, and none should: whoever has a test CA's key may certify any host",
			"have it issued by the CA itself (certbot: without --staging and --test-cert); do not give the test root to clients",
			BasisDocumented},
		{CodeClosedCA, SeverityWarning, "a CA of one service alone has issued the certificate",
			"only that service's proxy accepts it, and no browser or program: a camera behind the proxy is well with it",
			"reach the camera through the service; for direct visits, have a certificate issued by a public CA, or by one of your own",
			BasisDocumented},
		{CodeInterceptionCA, SeverityError, "a product that reads along has issued the certificate",
			"a firewall or a virus scanner has put its own certificate in the place of the server's: this is not what the CA sent",
			"take the certificate from the CA or from its client, not from a connection through that product",
			BasisDocumented},
		{CodeDevelopmentCA, SeverityNote, "a tool for developers has issued the certificate",
			"its root is known on the machine that made it, and nowhere else",
			"install that root on each client that is yours; for others, a public CA", BasisDocumented},
		{CodePlaceholder, SeverityWarning, "the certificate is one that software makes for want of a real one",
			"a server or a device shows it until it is given a certificate; no client has a reason to trust it",
			"take the certificate that the CA issued", BasisDocumented},
		{CodeOlderStores, SeverityNote, "clients know the root since certain versions",
			"older clients refuse a chain that ends there; a cross-sign by an older root is for them",
			"nothing has to be done, unless older clients matter", BasisDocumented},
		{CodeRevocation, SeverityNote, "the leaf says where its revocation would be known",
			"Firefox and Chrome have lists of their own, and Windows, macOS and iOS ask on some occasions; curl, Python, Java, Go, Node.js and " +
				"apps do not ask, unless they are told to. The camera has no part in it",
			"nothing has to be done: a certificate whose key is lost is revoked at the CA, and replaced", BasisDocumented},
		{CodeIssuerEndsFirst, SeverityWarning, "an issuer expires before the leaf",
			"from that day on the chain does not verify", "renew before that day", BasisDocumented},
		{CodeNoAIA, SeverityWarning, "the leaf does not say where its issuer is to be had",
			"clients that would fetch the missing issuer (Chromium, Windows, macOS) have no address to ask (RFC 5280 section 4.2.2.1)",
			"the second load, or a gateway, helps these, too", BasisMeasured},
		{CodeAIAUnusable, SeverityWarning, "the leaf's AIA URL is one that clients do not ask",
			"browsers fetch issuers over http only; https and ldap are passed over",
			"the second load, or a gateway, helps these clients, too",
			BasisMeasured},
		{CodeAIAFails, SeverityWarning, "the leaf's AIA URL does not lead to its issuer",
			"clients that fetch the issuer get nothing they can use", "tell the CA; the second load, or a gateway, helps meanwhile", BasisMeasured},
		{CodeAIAWorks, SeverityNote, "the leaf's AIA URL leads to its issuer",
			"clients that fetch it complete the chain, where their network lets them", "nothing has to be done", BasisMeasured},
		{CodeAIANotAsked, SeverityWarning, "AIA URLs were not asked",
			"a check makes 20 requests at most, in 30 seconds: certificates have one URL or two",
			"get the issuer from the CA, and name its file",
			BasisMeasured},
		{CodeStrictProfile, SeverityWarning, "the certificates do not keep to RFC 5280, and strict clients refuse them",
			"Python since 3.13, and whoever sets X509_V_FLAG_X509_STRICT, checks what others pass over",
			"have them issued with the missing extensions", BasisMeasured},
		{CodeClientsRefuse, SeverityWarning, "some families of clients refuse the chain, whatever sends it",
			"clients differ in what they ask of certificates; this was measured with each of them",
			"have it issued anew without that, or ask the CA for another chain",
			BasisMeasured},
		{CodeNotUnderstood, SeverityWarning, "something in the delivery was not understood",
			"it looks like a part of the delivery and could not be read",
			"look at it; leafcam check DELIVERY --explain shows everything that was read",
			BasisMeasured},
		{CodeTooMuch, SeverityWarning, "something in the delivery was not read, because that takes too much work",
			"a delivery is some files of some kilobytes, and what asks for more than that was made by mistake or to do harm",
			"take what the CA sent in another form; for a key, openssl pkcs8 -topk8 -iter 100000 encrypts it with less work",
			BasisMeasured},
		{CodeKeyTooLong, SeverityWarning, "a certificate has an RSA key that no signature is checked with",
			"the camera and clients written in Go take RSA keys of 8192 bits at most, and so does this check",
			"have it issued anew for a P-256 key, or an RSA key of 2048 to 4096 bits",
			BasisDocumented},
		{CodeOtherCertificate, SeverityNote, "a certificate of the delivery belongs to no chain of the leaf",
			"no client needs it to get from the leaf to the root that was found",
			"nothing has to be done: leafcam convert leaves it out", BasisMeasured},
		{CodeGenerations, SeverityNote, "several certificates for one name are here, and the newest valid one is checked",
			"renewed certificates lie beside those that they replace: the newest one that is valid, and fits --host, is meant",
			"choose another one with --leaf: its file, its serial number, or a name that it alone has",
			BasisDocumented},
		{CodeLeftLocked, SeverityNote, "an encrypted file was left alone",
			"the open files hold the certificate, its key and its issuer: nothing of it is needed",
			"with --password-file it is opened, too",
			BasisDocumented},
		{CodeRequestDiffers, SeverityWarning, "certificate request and certificate differ",
			"the CA changed what was asked for, or the request is another one's", "compare both before flashing", BasisMeasured},
		{CodeKeyReadable, SeverityWarning, "others on this machine can read the private key",
			"whoever has the key can be the camera", "chmod 600 FILE", BasisMeasured},
		{CodePrivateKeyHere, SeverityError, "a private key lies where none should",
			"whoever has the key can be the camera; what was committed or published once stays in copies of it",
			"take the file out; where others may have it already, have the certificate issued anew for another key",
			BasisDocumented},
		{CodePEMDelivery, SeverityNote, "the delivery is not in the form that the camera reads",
			"CAs deliver PEM or archives, and this firmware reads DER, one certificate a file", "leafcam convert DELIVERY --out DIR", BasisMeasured},
		{CodeSharedKey, SeverityError, "several devices have the same private key",
			"who takes one device apart can be all of them",
			"one key for each camera: leafcam csr NAME --out DIR on each one's behalf",
			BasisDocumented},
	}
}

// ruleOf returns the rule of a code.
func ruleOf(code Code) Rule { return ruleIndex[code] }

var ruleIndex = func() map[Code]Rule {
	index := map[Code]Rule{}
	for _, r := range Rules() {
		index[r.Code] = r
	}
	return index
}()
