extern "C" {
#include "connect.h"
}
#include <botan/auto_rng.h>
#include <botan/certstor.h>
#include <botan/data_src.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_policy.h>
#include <botan/tls_session_manager.h>
#include <botan/version.h>
#include <botan/x509_dn.h>
#include <iostream>

using namespace Botan;

class Connection : public TLS::Callbacks {
public:
	explicit Connection(int fd) : fd(fd) {}
	void tls_emit_data(const uint8_t data[], size_t size) override
	{
		while (size > 0) {
			const ssize_t n = write(fd, data, size);
			if (n <= 0)
				throw std::runtime_error("the connection is gone");
			data += n;
			size -= n;
		}
	}
	void tls_record_received(uint64_t, const uint8_t data[], size_t size) override { fwrite(data, 1, size, stdout); }
	void tls_alert(TLS::Alert) override {}
	bool tls_session_established(const TLS::Session &) override { return false; }

private:
	int fd;
};

class Trust : public Credentials_Manager {
public:
	explicit Trust(const std::string &path)
	{
		DataSource_Stream file(path);
		try {
			while (!file.end_of_data())
				store.add_certificate(X509_Certificate(file));
		} catch (const Decoding_Error &) {
			// white space behind the last one
		}
	}
	std::vector<Certificate_Store *> trusted_certificate_authorities(const std::string &, const std::string &) override { return {&store}; }

private:
	Certificate_Store_In_Memory store;
};

// A test CA publishes no revocation data, which the library insists on otherwise.
class Rules : public TLS::Policy {
public:
	bool require_cert_revocation_info() const override { return false; }
};

int main(int argc, char *argv[])
{
	if (argc < ARGUMENTS) {
		std::cout << version_string() << std::endl;
		return 0;
	}
	try {
		const int fd = open_tcp(argv[HOST], argv[PORT]);
		AutoSeeded_RNG random;
		TLS::Session_Manager_Noop sessions;
		Rules policy;
		Trust trust(argv[CA]);
		Connection connection(fd);
		TLS::Client client(connection, sessions, trust, policy, random,
			TLS::Server_Information(argv[HOST], std::stoi(argv[PORT])), TLS::Protocol_Version::TLS_V12);
		uint8_t data[4096];
		bool asked = false;
		ssize_t n;
		while (!client.is_closed() && (n = read(fd, data, sizeof data)) > 0) {
			client.received_data(data, n);
			if (client.is_active() && !asked) {
				asked = true;
				client.send(http_request(argv));
			}
		}
	} catch (const std::exception &e) {
		std::cerr << e.what() << std::endl;
		return 1;
	}
	return 0;
}
