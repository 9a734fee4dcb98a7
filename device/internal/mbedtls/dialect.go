package mbedtls

import (
	"fmt"
	"slices"
)

// A dialect is what one generation of Mbed TLS does in its own way, whatever it was built with: with which alert and which code
// it refuses a client, and how it reads. Each generation has a file: dialect3.go, dialect2.go (CAMERA.md section 10.2).
type dialect struct {
	name string
	refusals

	// negotiates says that a ClientHello of a later version is answered with the latest one that there is; otherwise
	// the client has to ask for TLS 1.2.
	negotiates bool
	// checksMajor says that the major version of records is compared, also that of the first one.
	checksMajor bool
	// readsServerNames says that the form of server_name is checked.
	readsServerNames bool
	// firstSignature says that the client's first algorithm for each type of key counts, also where the extension comes twice,
	// and that a list of which none is known is no reason to refuse.
	firstSignature bool
	// signsForRSA says that static RSA, too, takes a client that offers an algorithm for RSA keys, although nothing is signed.
	signsForRSA bool
	// followsFormats says that the server's point is compressed for a client that prefers that.
	followsFormats bool
	// compressed says that points in compressed form are read.
	compressed bool
	// laxPKCS8 says that what follows a key in PKCS#8 is passed over, and what follows in it.
	laxPKCS8 bool
	// laxNames says that directory names and addresses in a subjectAltName may be anything, laxOtherNames the same of otherName.
	laxNames, laxOtherNames bool
	// emptyUsages says that keyUsage and netscapeCertType may have no bits at all.
	emptyUsages bool
	// fullBits says that public keys and signatures may not be empty, whatever reads them.
	fullBits bool
	// rsaFirst says that a CertificateRequest names each hash with RSA before it does with ECDSA.
	rsaFirst bool
	// boundsRecords says that the length of a record is judged by its header alone.
	boundsRecords bool
	// checksUsages says that keyUsage and extKeyUsage are looked at, which the boards' builds left out before Mbed TLS 3 made it a must.
	checksUsages bool
	// keepsNobody says that a chain of which nothing is known is kept, and that its signature is asked for.
	keepsNobody bool
	// weakChains says that clients' certificates may be signed with SHA-224, and may have keys on any curve.
	weakChains bool
}

// A refusal is how the server ends a handshake: by an alert, which is 0 for none, and an error.
type refusal struct {
	alert uint8
	err   *Error
}

// refusals are those for which the generations have codes of their own, in the order in which a client can meet them.
type refusals struct {
	firstRecord    refusal // no handshake record, or another message in it
	firstLength    refusal // it announces too much
	helloLength    refusal // the message is too short, or does not fill its record
	version        refusal // too old
	hello          refusal // a list whose length does not fit
	renegotiation  refusal // renegotiation_info that is not empty
	groupsTwice    refusal // supported_groups comes twice
	noSuite        refusal // none that the server has
	noUsableSuite  refusal // none that the certificate can serve
	chain          refusal // of the camera itself, which does not fit
	noGroup        refusal
	certRecord     refusal // a record of another type in the place of the client's Certificate
	certMessage    refusal // another message there
	certList       refusal // lengths in it that do not fit
	certSize       refusal // one of 64 KiB or more
	certUsage      *Error  // usages that are not a client's
	unnamedCurve   *Error  // parameters of an EC key that are no name
	recordType     refusal // a record of an unknown type, behind the first one
	recordContent  *Error  // a protected record with more content than there may be
	keyExchange    refusal // another message in the place of the ClientKeyExchange
	point          refusal // no point
	offCurve       refusal // a point that is not on the curve
	verifyMessage  refusal // another message in the place of the CertificateVerify
	verifyForm     refusal
	verifyAlg      refusal // one that was not asked for, or not the key's
	finishedRecord refusal // a record of another type in the place of the Finished
	finished       refusal // another message there
	finishedLength refusal
	finishedValue  refusal
}

var dialects = []*dialect{dialect3, dialect228, dialect216}

// dialectNamed returns a generation by its name; "" is the latest one.
func dialectNamed(name string) (*dialect, error) {
	if name == "" {
		return dialect3, nil
	}
	i := slices.IndexFunc(dialects, func(d *dialect) bool { return d.name == name })
	if i < 0 {
		return nil, fmt.Errorf("the engine has no generation %q of Mbed TLS", name)
	}
	return dialects[i], nil
}
