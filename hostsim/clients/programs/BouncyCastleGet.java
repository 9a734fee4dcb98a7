import java.net.URI;
import java.security.Security;
import javax.net.ssl.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;

public class BouncyCastleGet {
    public static void main(String[] args) throws Exception {
        try {
            var store = java.security.KeyStore.getInstance("PKCS12");
            try (var in = new java.io.FileInputStream(System.getProperty("javax.net.ssl.trustStore"))) {
                store.load(in, System.getProperty("javax.net.ssl.trustStorePassword").toCharArray());
            }
            Security.insertProviderAt(new BouncyCastleProvider(), 1); // not before: it reads such stores differently
            Security.insertProviderAt(new BouncyCastleJsseProvider(), 2);
            var trust = TrustManagerFactory.getInstance("PKIX", "BCJSSE");
            trust.init(store);
            var context = SSLContext.getInstance("TLS", "BCJSSE");
            context.init(null, trust.getTrustManagers(), null);
            var connection = (HttpsURLConnection) URI.create(args[0]).toURL().openConnection();
            connection.setSSLSocketFactory(context.getSocketFactory());
            System.out.write(connection.getInputStream().readAllBytes());
            System.out.flush();
        } catch (Exception e) {
            for (Throwable t = e; t != null; t = t.getCause()) System.err.println(t);
            System.exit(1);
        }
    }
}
