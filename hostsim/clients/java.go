package clients

import (
	"context"
	_ "embed"
	"net"
	"os"
	"path/filepath"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/hostsim"
)

const javaPackage = "default-jdk-headless"

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

var (
	java, javaAIA                    = javaPair("java", "Java HttpClient", jsse, "HttpClientGet", javaHTTPClient, "")
	javaURLClient, javaURLAIA        = javaPair("java-url", "Java HttpURLConnection", jsse, "UrlGet", javaURL, "")
	okHTTP, okHTTPAIA                = javaPair("okhttp", "OkHttp", jsse, "OkHttpGet", javaOkHTTP, "libokhttp-java libokio-java", "okhttp", "okio")
	apacheHTTP, apacheHTTPAIA        = javaPair("apache-httpclient", "Apache HttpClient", jsse, "ApacheGet", javaApache, "libhttpclient-java", "httpclient", "httpcore", "commons-logging", "commons-codec")
	bouncyCastleTLS, bouncyCastleAIA = javaPair("bouncycastle", "Bouncy Castle", bouncyCastle, "BouncyCastleGet", javaBouncyCastle, "libbctls-java", "bctls", "bcprov", "bcutil")
)

// javaPair returns a client as it is by default, and one with both properties that concern
// AIA: older versions know the first one only, newer ones fetch nothing without the second.
func javaPair(name, title, stack, class, source, pkg string, jars ...string) (plain, withAIA *hostsim.Client) {
	var options []string
	classpath := "."
	files := []string{}
	for _, jar := range jars {
		path := "/usr/share/java/" + jar + ".jar"
		classpath += ":" + path
		files = append(files, path)
	}
	c := hostsim.Client{
		Name: name, Title: title, Stack: stack, Library: stack, Package: strings.TrimSpace(javaPackage + " " + pkg),
		Programs: []string{"java", "javac"}, Files: files, Version: []string{"-XX:-UsePerfData", "-version"},
		BuildGroup: name,
		Build: func(ctx context.Context, v *hostsim.Visit) error {
			file := filepath.Join(v.BuildDir, class+".java")
			if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
				return err
			}
			return v.Run(ctx, nil, v.Program("javac"), "-proc:none", "-cp", classpath, "-d", v.BuildDir, file)
		},
		Prepare: javaTrustStore,
		Command: func(v *hostsim.Visit) hostsim.Command { return javaCommand(v, class, classpath, options...) },
	}
	aia := c
	aia.Name, aia.Title = name+"-aia", title+" with AIA"
	aia.Command = func(v *hostsim.Visit) hostsim.Command {
		options := []string{"-Dcom.sun.security.enableAIAcaIssuers=true", "-Dcom.sun.security.allowedAIALocations=any"}
		if host, port, err := net.SplitHostPort(v.AIAProxy); err == nil {
			options = append(options, "-Dhttp.proxyHost="+host, "-Dhttp.proxyPort="+port, "-Dhttp.nonProxyHosts=")
		}
		return javaCommand(v, class, classpath, options...)
	}
	return &c, &aia
}

// trustStorePassword protects nothing: a Java trust store has to have one.
const trustStorePassword = "changeit"

func javaTrustStore(_ context.Context, v *hostsim.Visit) error {
	store, err := pkcs12.Modern.EncodeTrustStore(v.Trusted(), trustStorePassword)
	if err != nil {
		return err
	}
	if err := writeHosts(v, "hosts-java"); err != nil {
		return err
	}
	return os.WriteFile(v.File("trust.p12"), store, 0o644)
}

func javaCommand(v *hostsim.Visit, class, classpath string, options ...string) hostsim.Command {
	args := append([]string{v.Program("java"), "-Xshare:auto", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1"}, options...)
	return hostsim.Command{Args: append(args,
		"-Djdk.net.hosts.file="+v.File("hosts-java"),
		"-Djavax.net.ssl.trustStore="+v.File("trust.p12"), "-Djavax.net.ssl.trustStoreType=PKCS12",
		"-Djavax.net.ssl.trustStorePassword="+trustStorePassword,
		"-cp", v.BuildDir+":"+classpath, class, v.URL())}
}
