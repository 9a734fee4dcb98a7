import java.net.URI;
import java.net.http.*;
import java.time.Duration;

public class HttpClientGet {
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
