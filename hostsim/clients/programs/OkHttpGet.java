import okhttp3.OkHttpClient;
import okhttp3.Request;

public class OkHttpGet {
    public static void main(String[] args) throws Exception {
        try (var response = new OkHttpClient().newCall(new Request.Builder().url(args[0]).build()).execute()) {
            System.out.print(response.body().string());
            System.out.flush();
            System.exit(0); // its threads would linger
        } catch (Exception e) {
            for (Throwable t = e; t != null; t = t.getCause()) System.err.println(t);
            System.exit(1);
        }
    }
}
