using System;
using System.IO;
using System.Net;

class MonoGet {
    static int Main(string[] args) {
        try {
            var request = (HttpWebRequest)WebRequest.Create(args[0]);
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
}
