package clients

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/hostsim"
)

const javaProgram = `import java.net.URI;
import java.net.http.*;
import java.time.Duration;

public class Get {
    public static void main(String[] args) throws Exception {
        try {
            var request = HttpRequest.newBuilder(URI.create(args[0])).timeout(Duration.ofSeconds(30)).build();
            System.out.print(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (Exception e) {
            for (Throwable t = e; t != null; t = t.getCause()) System.err.println(t);
            System.exit(1);
        }
    }
}
`

const javaPackage = "default-jdk-headless"

var java = &hostsim.Client{
	Name: "java", Title: "Java HttpClient", Library: "JSSE", Package: javaPackage,
	Programs: []string{"java", "javac"}, Version: []string{"-version"},
	Build:   buildJava,
	Prepare: javaTrustStore,
	Command: func(v *hostsim.Visit) hostsim.Command { return javaCommand(v) },
}

// javaAIA sets both properties: older versions know the first one only, newer ones
// fetch nothing without the second.
var javaAIA = &hostsim.Client{
	Name: "java-aia", Title: "Java HttpClient with AIA", Library: "JSSE", Package: javaPackage,
	Programs: []string{"java", "javac"}, Version: []string{"-version"},
	Build:   buildJava,
	Prepare: javaTrustStore,
	Command: func(v *hostsim.Visit) hostsim.Command {
		options := []string{"-Dcom.sun.security.enableAIAcaIssuers=true", "-Dcom.sun.security.allowedAIALocations=any"}
		if host, port, err := net.SplitHostPort(v.AIAProxy); err == nil {
			options = append(options, "-Dhttp.proxyHost="+host, "-Dhttp.proxyPort="+port, "-Dhttp.nonProxyHosts=")
		}
		return javaCommand(v, options...)
	},
}

func buildJava(ctx context.Context, v *hostsim.Visit) error {
	source := filepath.Join(v.BuildDir, "Get.java")
	if err := os.WriteFile(source, []byte(javaProgram), 0o644); err != nil {
		return err
	}
	return v.Run(ctx, nil, v.Program("javac"), "-d", v.BuildDir, source)
}

// trustStorePassword protects nothing: a Java trust store has to have one.
const trustStorePassword = "changeit"

func javaTrustStore(_ context.Context, v *hostsim.Visit) error {
	store, err := pkcs12.Modern.EncodeTrustStore(v.Trusted(), trustStorePassword)
	if err != nil {
		return err
	}
	if err := os.WriteFile(v.File("hosts-java"), javaHosts(v), 0o644); err != nil {
		return err
	}
	return os.WriteFile(v.File("trust.p12"), store, 0o644)
}

func javaHosts(v *hostsim.Visit) []byte {
	var hosts strings.Builder
	for name, address := range v.Hosts() {
		hosts.WriteString(address + " " + name + "\n")
	}
	return []byte(hosts.String())
}

func javaCommand(v *hostsim.Visit, options ...string) hostsim.Command {
	args := append([]string{v.Program("java"), "-Xshare:auto", "-XX:TieredStopAtLevel=1"}, options...)
	return hostsim.Command{Args: append(args,
		"-Djdk.net.hosts.file="+v.File("hosts-java"),
		"-Djavax.net.ssl.trustStore="+v.File("trust.p12"), "-Djavax.net.ssl.trustStoreType=PKCS12",
		"-Djavax.net.ssl.trustStorePassword="+trustStorePassword,
		"-cp", v.BuildDir, "Get", v.URL())}
}
