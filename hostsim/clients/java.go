package clients

import (
	"context"
	_ "embed"
	"net"
	"os"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

//go:embed programs/HttpClientGet.java
var javaHTTPClient string

//go:embed programs/UrlGet.java
var javaURL string

//go:embed programs/OkHttpGet.java
var javaOkHTTP string

//go:embed programs/ApacheGet.java
var javaApache string

//go:embed programs/BouncyCastleGet.java
var javaBouncyCastle string

var java, javaAIA = javaPair(hostsim.Client{
	Name: "java", Title: "Java HttpClient", Stack: jsse, Known: hostsim.Known{Family: "java", Words: jsseWords},
}, "java-aia", "HttpClientGet", javaHTTPClient)

var javaURLClient, javaURLAIA = javaPair(hostsim.Client{
	Name: "java-url", Title: "Java HttpURLConnection", Stack: jsse, Known: hostsim.Known{Family: "java", Words: jsseWords},
}, "java-aia", "UrlGet", javaURL)

var okHTTP, okHTTPAIA = javaPair(hostsim.Client{
	Name: "okhttp", Title: "OkHttp", Stack: jsse,
	Needs: hostsim.Needs{Packages: []string{"libokhttp-java", "libokio-java"}},
	Known: hostsim.Known{Family: "okhttp", Words: jsseWords.Says(verdict.CauseName, `Hostname .* not verified`)},
}, "java-aia", "OkHttpGet", javaOkHTTP, "okhttp", "okio")

var apacheHTTP, apacheHTTPAIA = javaPair(hostsim.Client{
	Name: "apache-httpclient", Title: "Apache HttpClient", Stack: jsse,
	Needs: hostsim.Needs{Packages: []string{"libhttpclient-java"}},
	Known: hostsim.Known{Family: "java", Words: jsseWords.
		Says(verdict.CauseName, `Certificate for .* doesn't match any of the subject alternative names`, `doesn't match (the )?certificate`)},
}, "java-aia", "ApacheGet", javaApache, "httpclient", "httpcore", "commons-logging", "commons-codec")

// Bouncy Castle has a TLS stack and a verifier of its own, which look at none of Java's AIA switches.
var bouncyCastleTLS, bouncyCastleAIA = javaPair(hostsim.Client{
	Name: "bouncycastle", Title: "Bouncy Castle", Stack: bouncyCastle,
	Needs: hostsim.Needs{Packages: []string{"libbctls-java"}},
	Known: hostsim.Known{Family: "bouncycastle", Words: jsseWords.
		Says(verdict.CauseExpired, `certificate expired`).
		Says(verdict.CauseUnknown, `No issuer certificate for`)},
}, "bouncycastle", "BouncyCastleGet", javaBouncyCastle, "bctls", "bcprov", "bcutil")

// javaPair completes a client, as it is by default, and makes another one with both properties that
// concern AIA, whose family is familyAIA: older versions know the first one only, newer ones fetch
// nothing without the second. jars are those that its packages bring.
func javaPair(c hostsim.Client, familyAIA, class, source string, jars ...string) (plain, withAIA *hostsim.Client) {
	var paths []string
	for _, jar := range jars {
		paths = append(paths, "/usr/share/java/"+jar+".jar")
	}
	c.Needs.Files = paths
	c.Library = c.Stack
	c.Needs.Packages = append([]string{"default-jdk-headless"}, c.Needs.Packages...)
	c.Needs.Programs, c.Needs.Version = []string{"java", "javac"}, []string{"-XX:-UsePerfData", "-version"}
	c.BuildGroup = c.Name
	program := javaProgram{class: class, source: source, classpath: strings.Join(append([]string{javaJar}, paths...), ":")}
	c.Build = program.build
	c.Prepare = javaTrustStore
	c.Command = func(v *hostsim.Visit) hostsim.Command { return program.command(v) }
	aia := c
	aia.Name, aia.Title, aia.Known.Family = c.Name+"-aia", c.Title+" with AIA", familyAIA
	aia.Command = func(v *hostsim.Visit) hostsim.Command {
		options := []string{"-Dcom.sun.security.enableAIAcaIssuers=true", "-Dcom.sun.security.allowedAIALocations=any"}
		if host, port, err := net.SplitHostPort(v.AIAProxy); err == nil {
			options = append(options, "-Dhttp.proxyHost="+host, "-Dhttp.proxyPort="+port, "-Dhttp.nonProxyHosts=")
		}
		return program.command(v, options...)
	}
	return &c, &aia
}

// trustStorePassword protects nothing: a Java trust store has to have one.
const trustStorePassword = "changeit"

func javaTrustStore(_ context.Context, v *hostsim.Visit) error {
	store, err := pkcs12.Modern.WithIterations(1).EncodeTrustStore(v.Trusted(), trustStorePassword)
	if err != nil {
		return err
	}
	if err := writeHosts(v, "hosts-java"); err != nil {
		return err
	}
	// Where the class path names it, and with its time, by which the archive of classes knows it.
	if err := v.Bring(javaJar); err != nil {
		return err
	}
	return os.WriteFile(v.File("trust.p12"), store, 0o644)
}
