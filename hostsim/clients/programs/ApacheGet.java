import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

public class ApacheGet {
    public static void main(String[] args) throws Exception {
        // useSystemProperties is what makes it read javax.net.ssl.trustStore.
        try (var client = HttpClients.custom().useSystemProperties().build(); var response = client.execute(new HttpGet(args[0]))) {
            System.out.print(EntityUtils.toString(response.getEntity()));
        } catch (Exception e) {
            for (Throwable t = e; t != null; t = t.getCause()) System.err.println(t);
            System.exit(1);
        }
    }
}
