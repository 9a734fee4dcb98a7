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
			"the firmware was built without PEM support",
			"leafcam convert DELIVERY --out DIR writes both files in DER; or openssl x509 -in FILE -outform DER -out server.der",
			BasisMeasured},
		{CodePEMKey, SeverityError, "the private key is PEM, and the firmware reads DER only",
			"the firmware was built without PEM support; it reads the key before the certificate",
			"leafcam convert DELIVERY --out DIR writes both files in DER; or openssl pkey -in FILE -outform DER -out server.key.der",
			BasisMeasured},
		{CodeEncryptedKey, SeverityError, "the private key is encrypted",
			"the camera cannot ask for a password, and has no code to decrypt a key",
			"leafcam convert DELIVERY --out DIR asks for the password and writes the key decrypted, for its owner alone",
			BasisMeasured},
		{CodeFilesSwapped, SeverityError, "key and certificate are swapped",
			"load_cert_chain takes the certificate first, then the key", "swap the two arguments", BasisMeasured},
		{CodeKeyUnsupported, SeverityError, "the camera does not load the private key",
			"Mbed TLS as built for the camera reads RSA, and EC keys on the NIST and secp…k1 curves, unencrypted, in PKCS#8, SEC 1 or PKCS#1",
			"make a P-256 key with leafcam csr NAME --out DIR, and have the certificate issued again",
			BasisMeasured},
		{CodeCertUnsupported, SeverityError, "the camera does not load the certificate",
			"Mbed TLS refuses its form, its signature algorithm, its key or one of its critical extensions",
			"have it issued for a P-256 or RSA key, signed with ECDSA or RSA (PKCS#1) and SHA-256",
			BasisMeasured},
		{CodeNoCertificate, SeverityError, "the file of the certificate holds no certificate",
			"the CA makes the certificate from a request; the camera presents that certificate, and loads nothing else",
			"name the file that the CA sent; if it has not come yet, send the CA your request",
			BasisMeasured},
		{CodeNoKey, SeverityError, "there is no private key",
			"the camera uses it to prove that the certificate is its own; the CA never has it",
			"name the file with the private key as well: it is where you made the certificate request",
			BasisMeasured},
		{CodeKeyMismatch, SeverityError, "key and certificate do not belong together",
			"the camera loads them without comparing them; every client fails when it checks the signature",
			"use the key that the certificate request was made with, or request a certificate for this key",
			BasisMeasured},
		{CodePairUnusable, SeverityError, "the pair loads, and no handshake succeeds with it",
			"the camera does not use the key before a client connects",
			"copy the key again from where it was made: it may be damaged; or make a new key with leafcam csr NAME --out DIR, and have a " +
				"certificate issued for it",
			BasisMeasured},
		{CodeFileNotLoaded, SeverityWarning, "a file of the delivery does not load as it lies there",
			"the camera reads every byte of a file: nothing may follow a key in PKCS#8 or PKCS#1, and the key may have no attributes " +
				"and may not be encrypted; every certificate of a PEM chain has to load",
			"leafcam convert DELIVERY --out DIR writes files that load",
			BasisMeasured},
		{CodeSeveralCerts, SeverityWarning, "the file holds more than one certificate",
			"the camera reads the first certificate of a DER file and ignores the rest",
			"leafcam convert DELIVERY --out DIR writes a file for each; with the second load the camera presents them all",
			BasisMeasured},
		{CodeMessageTooLong, SeverityError, "the certificate is too large for the camera",
			"the camera sends at most 4096 bytes in a message; the handshake fails after its ServerHello",
			"ask for a certificate with fewer names, or with an ECDSA key",
			BasisMeasured},
		{CodeChainTooLong, SeverityWarning, "leaf and intermediates together are too large for the camera",
			"the camera sends at most 4096 bytes in a message: with the second load every handshake fails",
			"leave out the last intermediates if the clients trust an issuer before them; or use a gateway; or get an ECDSA certificate",
			BasisMeasured},
		{CodeIssuerNotLoaded, SeverityWarning, "the camera does not load an issuer of the chain",
			"load_cert_chain reads an issuer as it reads a leaf, and Mbed TLS refuses its form, its signature algorithm, its key " +
				"or one of its critical extensions",
			"put a gateway with fullchain.pem in front of the camera (leafcam gateway), or install the issuers in the clients",
			BasisMeasured},
		{CodeGoCannotParse, SeverityWarning, "the camera loads the certificate, and clients written in Go refuse it",
			"Mbed TLS is less strict than Go's crypto/x509", "have it issued again by a CA that follows RFC 5280", BasisMeasured},
		{CodeWeakKey, SeverityError, "the key is too short for many of today's clients",
			"OpenSSL at its usual security level (curl, Python, nginx ...) wants RSA keys of 2048 bits or more, " +
				"and so do all public CAs; browsers, GnuTLS, Go and Java still take 1024 of a private one",
			"make a P-256 key: leafcam csr NAME --out DIR", BasisMeasured},
		{CodeLargeKey, SeverityNote, "the key is slow on a camera",
			"on a microcontroller an RSA signature takes many times as long as one with P-256",
			"use P-256 (leafcam csr): it is fast and small, and every client supports it",
			BasisDocumented},
		{CodeOddCurve, SeverityError, "hardly any client offers the key's curve",
			"the camera supports eight curves; clients offer P-256 and P-384, many offer P-521, and few offer others",
			"make a P-256 key: leafcam csr NAME --out DIR", BasisMeasured},
		{CodeFewClientsCurve, SeverityWarning, "not every client offers the key's curve",
			"Chromium, rustls and others offer no P-521, and public CAs do not sign for it",
			"make a P-256 key: leafcam csr NAME --out DIR", BasisMeasured},
		{CodeWeakSignature, SeverityError, "the certificate is signed with a hash that clients refuse",
			"signatures with MD5 and SHA-1 can be forged", "have it issued again with SHA-256", BasisMeasured},
		{CodeNameMismatch, SeverityError, "the certificate is for other names than the host's",
			"clients compare the host in the URL with the names in the certificate (SAN)",
			"connect to a name of the certificate, or have one issued for this host",
			BasisMeasured},
		{CodeNoSAN, SeverityError, "the certificate has no names but its common name",
			"browsers, Go, rustls and others look at the subject alternative name only (RFC " +
				"9525); OpenSSL, GnuTLS and Java fall back to the common name",
			"have it issued with a SAN: leafcam csr and leafcam selfsigned make one",
			BasisMeasured},
		{CodeNameNotPublic, SeverityNote, "no public CA certifies such a name",
			"public CAs issue only for names whose control they can check",
			"use a name below a domain that you own, your own CA, or a self-signed certificate (leafcam selfsigned)",
			BasisDocumented},
		{CodeExpired, SeverityError, "the certificate has expired",
			"the camera does not check dates; every client does", "renew it, and copy the new one to the camera", BasisMeasured},
		{CodeNotYetValid, SeverityError, "the certificate is not valid yet",
			"the camera does not check dates; every client does", "wait, or correct the clock", BasisMeasured},
		{CodeExpiresSoon, SeverityWarning, "the certificate expires soon",
			"a camera does not renew its certificate: the next one has to be on it before that day",
			"renew it now; examples/renewal does it by itself", BasisDocumented},
		{CodeValidityTooLong, SeverityWarning, "the certificate is valid for longer than some clients take",
			"public CAs may issue for 398 days since 2020-09, 200 since 2026-03-15, " +
				"100 from 2027-03-15, 47 from 2029-03-15; Apple's clients refuse more than 825 days of any CA",
			"have it issued for a shorter time", BasisDocumented},
		{CodeKeyUsage, SeverityError, "keyUsage forbids what the camera needs the key for",
			"ECDHE needs digitalSignature; without it only static RSA with keyEncipherment is left, which few clients offer",
			"have it issued with digitalSignature", BasisMeasured},
		{CodeExtKeyUsage, SeverityError, "extKeyUsage does not allow a server",
			"Mbed TLS itself does not use such a certificate for a server", "have it issued with serverAuth", BasisMeasured},
		{CodeCALeaf, SeverityWarning, "the server certificate is a CA's",
			"Firefox and rustls refuse a CA certificate as a server certificate; other clients take it",
			"have it issued with CA:FALSE; leafcam selfsigned makes either form",
			BasisMeasured},
		{CodeMustStaple, SeverityError, "the certificate demands a stapled OCSP answer",
			"the camera never staples an OCSP answer (RFC 7633)", "have it issued without must-staple; Let's Encrypt has ended OCSP", BasisMeasured},
		{CodeNoSCTs, SeverityError, "a public CA's certificate without embedded SCTs",
			"Chrome, Safari and Firefox (since 135) require two or three signed certificate timestamps, and the camera sends none itself",
			"have it issued with embedded SCTs, as all public CAs do unless asked not to",
			BasisDocumented},
		{CodeSelfSigned, SeverityNote, "the certificate is self-signed: each client has to be given it",
			"no CA has signed it, and no form of it satisfies every client",
			"install the certificate in each client; the forecast tells which ones take this form",
			BasisMeasured},
		{CodeIntermediateUnsent, SeverityWarning, "the camera sends its leaf alone",
			"load_cert_chain, as documented, presents one certificate; clients that do not find the missing issuers themselves refuse it",
			"call load_cert_chain(intermediate, key) after load_cert_chain(leaf, key): with this second load the camera also sends them; " +
				"or use a gateway with fullchain.pem, or firmware that reads PEM",
			BasisMeasured},
		{CodeMissingLink, SeverityWarning, "the delivery lacks an issuer",
			"an issuer between the delivery's last certificate and a root is not here, so that no cure can send it",
			"get it from the CA, or let --fetch download it", BasisMeasured},
		{CodeUnknownRoot, SeverityWarning, "the chain ends at no root that is known here",
			"the root is not in this system's store, in Mozilla's list, or in the delivery",
			"name the root's file with --root, and install the root in each client",
			BasisMeasured},
		{CodePrivateRoot, SeverityNote, "the root is not a public one: each client has to be given it",
			"a client trusts the roots that it came with, and those that you install",
			"install the root, and never the intermediate, in each client",
			BasisMeasured},
		{CodeChainInvalid, SeverityError, "the chain is complete and does not verify",
			"one of its certificates does not allow it", "ask the CA for the right chain", BasisMeasured},
		{CodeTestCA, SeverityError, "a test CA has issued the certificate",
			"no client trusts it, and none should: anyone with a test CA's key can issue certificates for any host",
			"have it issued by the CA itself (certbot: without --staging and --test-cert); do not install the test root in clients",
			BasisDocumented},
		{CodeClosedCA, SeverityWarning, "a CA of one service alone has issued the certificate",
			"only that service's proxy accepts it, no browser and no program: it is right for a camera behind that proxy",
			"connect through the service; for direct connections, get a certificate from a public CA or from your own",
			BasisDocumented},
		{CodeInterceptionCA, SeverityError, "a product that reads along has issued the certificate",
			"a firewall or a virus scanner has replaced the server's certificate with its own: this is not what the CA sent",
			"get the certificate from the CA or the ACME client, not from a connection through that product",
			BasisDocumented},
		{CodeDevelopmentCA, SeverityNote, "a tool for developers has issued the certificate",
			"its root is known on the machine that made it, and nowhere else",
			"install that root on each of your clients; for other clients, use a public CA", BasisDocumented},
		{CodePlaceholder, SeverityWarning, "the certificate is one that software makes for want of a real one",
			"a server or a device presents it until it gets a real one; no client has a reason to trust it",
			"use the certificate that the CA issued", BasisDocumented},
		{CodeOlderStores, SeverityNote, "clients know the root since certain versions",
			"older clients refuse a chain that ends there, unless a cross-sign by an older root is sent",
			"nothing, unless older clients matter", BasisDocumented},
		{CodeRevocation, SeverityNote, "the leaf says where its revocation would be known",
			"Firefox and Chrome have lists of their own, and Windows, macOS and iOS ask on some occasions; curl, Python, Java, Go, Node.js and " +
				"apps do not ask, unless they are told to. The camera has no part in it",
			"nothing; if the key is lost, have the certificate revoked by the CA, and replace it", BasisDocumented},
		{CodeIssuerEndsFirst, SeverityWarning, "an issuer expires before the leaf",
			"the chain does not verify from that day on", "renew before that day", BasisDocumented},
		{CodeNoAIA, SeverityWarning, "the certificate does not say where to download its intermediate",
			"clients that would fetch the missing issuer (Chromium, Windows, macOS) have no address to ask (RFC 5280 section 4.2.2.1)",
			"use the second load or a gateway: both help these clients as well", BasisMeasured},
		{CodeAIAUnusable, SeverityWarning, "the leaf's AIA URL is one that clients do not ask",
			"browsers fetch issuers over http only; they skip https and ldap",
			"use the second load or a gateway: both help these clients as well",
			BasisMeasured},
		{CodeAIAFails, SeverityWarning, "the leaf's AIA URL does not lead to its issuer",
			"clients that fetch the issuer get nothing that they can use", "tell the CA; meanwhile use the second load or a gateway", BasisMeasured},
		{CodeAIAWorks, SeverityNote, "the leaf's AIA URL leads to its issuer",
			"clients that fetch it complete the chain if their network allows it", "nothing", BasisMeasured},
		{CodeAIANotAsked, SeverityWarning, "AIA URLs were not asked",
			"a check makes 20 requests at most, in 30 seconds: certificates have one URL or two",
			"get the issuer from the CA, and name its file",
			BasisMeasured},
		{CodeStrictProfile, SeverityWarning, "the certificates do not keep to RFC 5280, and strict clients refuse them",
			"Python since 3.13, and programs that set X509_V_FLAG_X509_STRICT, check what others do not",
			"have them issued again with the missing extensions", BasisMeasured},
		{CodeClientsRefuse, SeverityWarning, "some families of clients refuse the chain, whatever sends it",
			"clients differ in what they require of certificates; this was measured with each of them",
			"have it issued again without that, or ask the CA for another chain",
			BasisMeasured},
		{CodeNotUnderstood, SeverityWarning, "something in the delivery was not understood",
			"it looks like a part of the delivery, and cannot be read",
			"look at it; leafcam check DELIVERY --explain shows everything that was read",
			BasisMeasured},
		{CodeTooMuch, SeverityWarning, "something in the delivery was not read, because that takes too much work",
			"a delivery is a few files of a few kilobytes; what needs more work than that is a mistake, or was made to do harm",
			"get it from the CA in another form; for a key, openssl pkcs8 -topk8 -iter 100000 encrypts it with less work",
			BasisMeasured},
		{CodeKeyTooLong, SeverityWarning, "a certificate has an RSA key that no signature is checked with",
			"the camera, Go clients and this check support RSA keys of up to 8192 bits",
			"have it issued again for a P-256 key, or an RSA key of 2048 to 4096 bits",
			BasisDocumented},
		{CodeOtherCertificate, SeverityNote, "a certificate of the delivery belongs to no chain of the leaf",
			"no client needs it to build the chain from the leaf to the root",
			"nothing: leafcam convert leaves it out", BasisMeasured},
		{CodeGenerations, SeverityNote, "several certificates for one name are here, and the newest valid one is checked",
			"renewed certificates are beside those that they replace; the newest one that is valid and fits --host is used",
			"choose another one with --leaf: its file, its serial number, or a name that it alone has",
			BasisDocumented},
		{CodeLeftLocked, SeverityNote, "an encrypted file was left alone",
			"the other files have the certificate, its key and its issuer: nothing in it is needed",
			"give --password-file to read it as well",
			BasisDocumented},
		{CodeRequestDiffers, SeverityWarning, "certificate request and certificate differ",
			"the CA changed what was requested, or the request belongs to another certificate", "compare both before you use them", BasisMeasured},
		{CodeKeyReadable, SeverityWarning, "others on this machine can read the private key",
			"anyone who has the key can impersonate the camera", "chmod 600 FILE", BasisMeasured},
		{CodePrivateKeyHere, SeverityError, "a private key lies where none should",
			"anyone who has the key can impersonate the camera; what was committed or published stays in copies",
			"remove the file; if others may have it already, have the certificate issued again for another key",
			BasisDocumented},
		{CodePEMDelivery, SeverityNote, "the delivery is not in the form that the camera reads",
			"CAs deliver PEM or archives; this firmware reads DER, with one certificate in a file",
			"leafcam convert DELIVERY --out DIR", BasisMeasured},
		{CodeSharedKey, SeverityError, "several devices have the same private key",
			"anyone who takes one device apart can impersonate all of them",
			"make a key for each camera with leafcam csr NAME --out DIR",
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
