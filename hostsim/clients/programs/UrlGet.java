import java.net.URI;

public class UrlGet {
    public static void main(String[] args) throws Exception {
        try {
            var connection = URI.create(args[0]).toURL().openConnection();
            connection.setConnectTimeout(30000);
            connection.setReadTimeout(30000);
            System.out.write(connection.getInputStream().readAllBytes());
            System.out.flush();
        } catch (Exception e) {
            for (Throwable t = e; t != null; t = t.getCause()) System.err.println(t);
            System.exit(1);
        }
    }
}
