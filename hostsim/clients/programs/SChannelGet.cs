// Fetches a page with the chain engine of Windows:
// host, port, path, file of roots, file of intermediates. The roots are not in the machine's
// store: the chain has to end at one of them, and its unknown root is all that may be wrong.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

public static class SChannelGet
{
    static List<X509Certificate2> Read(string path)
    {
        var list = new List<X509Certificate2>();
        var text = File.ReadAllText(path);
        const string begin = "-----BEGIN CERTIFICATE-----", end = "-----END CERTIFICATE-----";
        for (int from = text.IndexOf(begin); from >= 0; from = text.IndexOf(begin, from + 1))
        {
            int start = from + begin.Length, stop = text.IndexOf(end, start);
            list.Add(new X509Certificate2(Convert.FromBase64String(text.Substring(start, stop - start).Trim())));
        }
        return list;
    }

    public static int Run(string host, int port, string path, string roots, string intermediates)
    {
        var trusted = Read(roots);
        RemoteCertificateValidationCallback check = (sender, certificate, sent, errors) =>
        {
            if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            {
                Console.Error.WriteLine("RemoteCertificateNameMismatch: the certificate does not match the host name");
                return false;
            }
            var chain = new X509Chain();
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
            if (sent != null)
                foreach (var element in sent.ChainElements)
                    chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            foreach (var known in Read(intermediates))
                chain.ChainPolicy.ExtraStore.Add(known);
            foreach (var root in trusted)
                chain.ChainPolicy.ExtraStore.Add(root);
            bool built = chain.Build(new X509Certificate2(certificate));
            foreach (var status in chain.ChainStatus)
                if (status.Status != X509ChainStatusFlags.UntrustedRoot)
                    Console.Error.WriteLine(status.Status + ": " + (status.Status == X509ChainStatusFlags.NotTimeValid ? "certificate has expired. " : "") + status.StatusInformation.Trim());
            if (!built)
                return false;
            var top = chain.ChainElements[chain.ChainElements.Count - 1].Certificate;
            foreach (var root in trusted)
                if (Convert.ToBase64String(root.RawData) == Convert.ToBase64String(top.RawData))
                    return true;
            Console.Error.WriteLine("PartialChain: unable to get issuer certificate, the chain ends at " + top.Subject);
            return false;
        };
        try
        {
            using (var tcp = new TcpClient("127.0.0.1", port))
            using (var tls = new SslStream(tcp.GetStream(), false, check))
            {
                tls.AuthenticateAsClient(host, null, (SslProtocols)3072, false); // TLS 1.2
                var request = Encoding.ASCII.GetBytes("GET " + path + " HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
                tls.Write(request, 0, request.Length);
                Console.Out.Write(new StreamReader(tls).ReadToEnd());
                return 0;
            }
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
