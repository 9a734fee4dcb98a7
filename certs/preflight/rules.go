package preflight

// A Code names a kind of finding.
type Code string

// A Rule is what is true of every finding with its code.
type Rule struct {
	Code     Code
	Severity Severity
	Summary  string
	Why      string
	Mend     string
	Basis    Basis
}

// The codes, in the order of a check.
const (
	PEMCertificate     Code = "pem-certificate"
	PEMKey             Code = "pem-key"
	EncryptedKey       Code = "encrypted-key"
	FilesSwapped       Code = "files-swapped"
	KeyUnsupported     Code = "key-unsupported"
	CertUnsupported    Code = "certificate-unsupported"
	NoKey              Code = "no-key"
	KeyMismatch        Code = "key-mismatch"
	PairUnusable       Code = "pair-unusable"
	SeveralCerts       Code = "several-certificates"
	MessageTooLong     Code = "message-too-long"
	ChainTooLong       Code = "chain-too-long"
	GoCannotParse      Code = "go-cannot-parse"
	WeakKey            Code = "weak-key"
	LargeKey           Code = "large-key"
	OddCurve           Code = "odd-curve"
	FewClientsCurve    Code = "p521-curve"
	WeakSignature      Code = "weak-signature"
	NameMismatch       Code = "name-mismatch"
	NoSAN              Code = "no-san"
	NameNotPublic      Code = "name-not-public"
	Expired            Code = "expired"
	NotYetValid        Code = "not-yet-valid"
	ExpiresSoon        Code = "expires-soon"
	ValidityTooLong    Code = "validity-too-long"
	KeyUsage           Code = "key-usage"
	ExtKeyUsage        Code = "ext-key-usage"
	CALeaf             Code = "ca-leaf"
	MustStaple         Code = "must-staple"
	NoSCTs             Code = "no-scts"
	SelfSigned         Code = "self-signed"
	IntermediateUnsent Code = "intermediate-not-sent"
	MissingLink        Code = "missing-link"
	UnknownRoot        Code = "unknown-root"
	PrivateRoot        Code = "private-root"
	ChainInvalid       Code = "chain-invalid"
	IssuerEndsFirst    Code = "issuer-ends-first"
	NoAIA              Code = "no-aia"
	AIAUnusable        Code = "aia-unusable"
	AIAFails           Code = "aia-fails"
	AIAWorks           Code = "aia-works"
	StrictProfile      Code = "strict-profile"
	NotUnderstood      Code = "not-understood"
	OtherCertificate   Code = "other-certificate"
	RequestDiffers     Code = "request-differs"
	KeyReadable        Code = "key-readable"
	PEMDelivery        Code = "pem-delivery"
	SharedKey          Code = "shared-key"
)

// Rules returns all rules, in the order of a check.
func Rules() []Rule {
	return []Rule{
		{PEMCertificate, Error, "the certificate is PEM, and the firmware reads DER only",
			"the firmware was built without PEM", "leafcam convert writes both files in DER; or openssl x509 -in FILE -outform DER -out server.der", Measured},
		{PEMKey, Error, "the private key is PEM, and the firmware reads DER only",
			"the firmware was built without PEM, and reads the key before the certificate", "leafcam convert writes both files in DER; or openssl pkey -in FILE -outform DER -out server.key.der", Measured},
		{EncryptedKey, Error, "the private key is encrypted",
			"the camera has no password and no code to decrypt a key", "leafcam convert asks for the password and writes the key decrypted, for its owner alone", Measured},
		{FilesSwapped, Error, "key and certificate are swapped",
			"load_cert_chain takes the certificate first, then the key", "swap the two arguments", Measured},
		{KeyUnsupported, Error, "the camera does not load the private key",
			"Mbed TLS as built for the camera reads RSA, and EC keys on the NIST and secp…k1 curves, unencrypted, in PKCS#8, SEC 1 or PKCS#1", "make a P-256 key: leafcam csr --host NAME, and have the certificate issued anew", Measured},
		{CertUnsupported, Error, "the camera does not load the certificate",
			"Mbed TLS refuses its form, its signature algorithm, its key or one of its critical extensions", "have it issued for a P-256 or RSA key, signed with ECDSA or RSA (PKCS#1) and SHA-256", Measured},
		{NoKey, Error, "there is no private key",
			"the camera proves with it that the certificate is its own; the CA never has it", "name the key's file, too: it lies where the certificate request was made", Measured},
		{KeyMismatch, Error, "key and certificate do not belong together",
			"the camera loads them nevertheless and compares nothing; every client notices at the signature", "take the key that the certificate request was made with, or request a certificate for this one", Measured},
		{PairUnusable, Error, "the pair loads, and no handshake succeeds with it",
			"the camera looks at key and certificate closely only when a client connects", "make a new key with leafcam csr and have the certificate issued for it", Measured},
		{SeveralCerts, Warning, "the file holds more than one certificate",
			"of a file in DER the camera reads the first certificate and ignores the rest", "leafcam convert writes one file for each; the second load presents them all", Measured},
		{MessageTooLong, Error, "the certificate is too large for the camera",
			"the camera sends at most 4096 octets in a message; the handshake ends after its ServerHello", "ask for a certificate with fewer names, or with an ECDSA key", Measured},
		{ChainTooLong, Warning, "leaf and intermediates together are too large for the camera",
			"the camera sends at most 4096 octets in a message: the second load ends every handshake", "leave the last intermediates out where the clients know an issuer before them; or a gateway; or an ECDSA certificate", Measured},
		{GoCannotParse, Warning, "the camera loads the certificate, and clients written in Go refuse it",
			"Mbed TLS is less strict than Go's crypto/x509", "have it issued anew by a CA that keeps to RFC 5280", Measured},
		{WeakKey, Error, "the key is too short for many of today's clients",
			"OpenSSL at its usual security level (curl, Python, nginx ...) wants RSA keys of 2048 bits or more, and so do all public CAs; browsers, GnuTLS, Go and Java still take 1024 of a private one", "make a P-256 key: leafcam csr --host NAME", Measured},
		{LargeKey, Note, "the key is slow on a camera",
			"an RSA signature takes a microcontroller many times as long as one with P-256", "P-256 (leafcam csr) is quick, small, and known to every client", Documented},
		{OddCurve, Error, "hardly any client offers the key's curve",
			"the camera signs on eight curves; clients offer P-256 and P-384, many P-521, and only some other devices more", "make a P-256 key: leafcam csr --host NAME", Measured},
		{FewClientsCurve, Warning, "not every client offers the key's curve",
			"Chromium, rustls and others offer no P-521, and public CAs do not sign for it", "make a P-256 key: leafcam csr --host NAME", Measured},
		{WeakSignature, Error, "the certificate is signed with a hash that clients refuse",
			"MD5 and SHA-1 have been forged", "have it issued anew with SHA-256", Measured},
		{NameMismatch, Error, "the certificate is for other names than the host's",
			"clients compare the host that they were told with the names in the SAN", "connect to a name of the certificate, or have one issued for this host", Measured},
		{NoSAN, Error, "the certificate has no names but its common name",
			"browsers, Go, rustls and others look at the subject alternative name only (RFC 9525); OpenSSL, GnuTLS and Java fall back to the common name", "have it issued with a SAN: leafcam csr and leafcam selfsigned make one", Measured},
		{NameNotPublic, Note, "no public CA certifies such a name",
			"public CAs certify what they can prove control of", "use a name below a domain that you own; or a CA of your own; or the self-signed flow", Documented},
		{Expired, Error, "the certificate has expired",
			"the camera looks at no date; every client does", "renew it, and flash the new one", Measured},
		{NotYetValid, Error, "the certificate is not valid yet",
			"the camera looks at no date; every client does", "wait, or correct the clock", Measured},
		{ExpiresSoon, Warning, "the certificate expires soon",
			"a camera does not renew it: somebody has to flash the next one before", "renew it now; plan for the next time", Documented},
		{ValidityTooLong, Warning, "the certificate is valid for longer than some clients take",
			"public CAs may issue for 398 days since 2020-09, 200 since 2026-03-15, 100 from 2027-03-15, 47 from 2029-03-15; Apple's clients refuse more than 825 days of any CA", "have it issued for less", Documented},
		{KeyUsage, Error, "keyUsage forbids what the camera needs the key for",
			"ECDHE needs digitalSignature; without it only static RSA is left, with keyEncipherment, which few clients offer", "have it issued with digitalSignature", Measured},
		{ExtKeyUsage, Error, "extKeyUsage does not allow a server",
			"Mbed TLS itself will not use such a certificate for a server", "have it issued with serverAuth", Measured},
		{CALeaf, Warning, "the server certificate is a CA's",
			"Firefox and rustls take no CA's certificate for a server's; other clients do", "have it issued with CA:FALSE; leafcam selfsigned makes either form", Measured},
		{MustStaple, Error, "the certificate demands a stapled OCSP answer",
			"the camera never staples one (RFC 7633)", "have it issued without must-staple; Let's Encrypt has no OCSP any more", Measured},
		{NoSCTs, Error, "a public CA's certificate without embedded SCTs",
			"Chrome and Safari want two or three signed certificate timestamps, and the camera sends none beside the certificate", "have it issued with embedded SCTs, as all public CAs do unless asked not to", Documented},
		{SelfSigned, Note, "the certificate is self-signed: each client has to be given it",
			"no CA vouches for it; no single form of it satisfies every client", "install the certificate in each client; the forecast tells which ones take this form", Measured},
		{IntermediateUnsent, Warning, "the camera sends its leaf alone",
			"the documented load_cert_chain presents one certificate; clients that do not find the missing issuers themselves refuse the connection",
			"the second load, load_cert_chain(intermediate, key) after load_cert_chain(leaf, key), makes the camera send them; or a gateway with fullchain.pem; or firmware that reads PEM", Measured},
		{MissingLink, Warning, "the delivery lacks an issuer",
			"between the last certificate of the delivery and a root there is one that is not here: no cure can send it", "get it from the CA, or let --fetch download it", Measured},
		{UnknownRoot, Warning, "the chain ends at no root that is known here",
			"neither this system nor Mozilla's list nor the delivery has it", "name the root with --root; each client has to be given it", Measured},
		{PrivateRoot, Note, "the root is not a public one: each client has to be given it",
			"a client trusts the roots that came with it, and those that somebody adds", "install the root, and never the intermediate, in each client", Measured},
		{ChainInvalid, Error, "the chain is complete and does not verify",
			"one of its certificates forbids it", "ask the CA for the right chain", Measured},
		{IssuerEndsFirst, Warning, "an issuer expires before the leaf",
			"from that day on the chain does not verify", "renew before that day", Documented},
		{NoAIA, Warning, "the leaf does not say where its issuer is to be had",
			"clients that would fetch the missing issuer (Chromium, Windows, macOS) have no address to ask (RFC 5280 section 4.2.2.1)", "the second load, or a gateway, helps these, too", Measured},
		{AIAUnusable, Warning, "the leaf's AIA URL is one that clients do not ask",
			"browsers fetch issuers over http only; https and ldap are passed over", "the second load, or a gateway, helps these clients, too", Measured},
		{AIAFails, Warning, "the leaf's AIA URL does not lead to its issuer",
			"clients that fetch the issuer get nothing they can use", "tell the CA; the second load, or a gateway, helps meanwhile", Measured},
		{AIAWorks, Note, "the leaf's AIA URL leads to its issuer",
			"clients that fetch it complete the chain, where their network lets them", "nothing has to be done", Measured},
		{StrictProfile, Warning, "the certificates do not keep to RFC 5280, and strict clients refuse them",
			"Python since 3.13, and whoever sets X509_V_FLAG_X509_STRICT, checks what others pass over", "have them issued with the missing extensions", Measured},
		{NotUnderstood, Warning, "something in the delivery was not understood",
			"it looks like a part of the delivery and could not be read", "look at it; leafcam check --explain shows everything that was read", Measured},
		{OtherCertificate, Note, "a certificate of the delivery belongs to no chain of the leaf",
			"it is not signed by, and has not signed, anything between leaf and root", "nothing has to be done: leafcam convert leaves it out", Measured},
		{RequestDiffers, Warning, "certificate request and certificate differ",
			"the CA changed what was asked for, or the request is another one's", "compare both before flashing", Measured},
		{KeyReadable, Warning, "others on this machine can read the private key",
			"whoever has the key can be the camera", "chmod 600 FILE", Measured},
		{PEMDelivery, Note, "the delivery is not in the form that the camera reads",
			"CAs deliver PEM or archives, and this firmware reads DER, one certificate a file", "leafcam convert DELIVERY --out DIR", Measured},
		{SharedKey, Error, "several devices have the same private key",
			"who takes one device apart can be all of them", "one key for each camera: leafcam csr on each device's behalf", Documented},
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
