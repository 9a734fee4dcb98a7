using System;
using System.IO;
using System.Net;
using System.Runtime.InteropServices;

class MonoGet {
    // Mono hangs now and then while it ends its threads.
    [DllImport("libc")]
    static extern void _exit(int status);

    static int Get(string url) {
        try {
            var request = (HttpWebRequest)WebRequest.Create(url);
            request.Timeout = 30000;
            using (var response = request.GetResponse())
            using (var reader = new StreamReader(response.GetResponseStream()))
                Console.Write(reader.ReadToEnd());
            return 0;
        } catch (WebException e) {
            for (Exception x = e; x != null; x = x.InnerException)
                Console.Error.WriteLine(x.GetType().Name + ": " + x.Message + (x is WebException w ? " " + w.Status : ""));
            return 1;
        }
    }

    static void Main(string[] args) {
        int status = Get(args[0]);
        Console.Out.Flush();
        Console.Error.Flush();
        _exit(status);
    }
}
