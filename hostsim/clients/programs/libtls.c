#include "connect.h"
#include <tls.h>

int main(int argc, char *argv[])
{
	struct tls_config *config;
	struct tls *client;
	char text[2048];
	ssize_t n;

	if (argc < ARGUMENTS) {
		printf("libtls API %d\n", TLS_API);
		return 0;
	}
	tls_init();
	config = tls_config_new();
	if (tls_config_set_ca_file(config, argv[CA]) != 0) {
		fprintf(stderr, "%s\n", tls_config_error(config));
		return 2;
	}
	client = tls_client();
	tls_configure(client, config);
	if (tls_connect(client, argv[HOST], argv[PORT]) != 0 || tls_write(client, http_request(argv), strlen(http_request(argv))) < 0) {
		fprintf(stderr, "%s\n", tls_error(client));
		return 1;
	}
	/* After the session tickets of TLS 1.3 it wants to be asked again. */
	while ((n = tls_read(client, text, sizeof text)) > 0 || n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT)
		if (n > 0)
			fwrite(text, 1, n, stdout);
	return 0;
}
