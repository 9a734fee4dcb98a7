#include "connect.h"
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

int main(int argc, char *argv[])
{
	WOLFSSL_CTX *context;
	WOLFSSL *ssl;
	char text[2048];
	int n, fd;

	if (argc < ARGUMENTS) {
		printf("wolfSSL %s\n", wolfSSL_lib_version());
		return 0;
	}
	wolfSSL_Init();
	context = wolfSSL_CTX_new(wolfSSLv23_client_method());
	fd = open_tcp(argv[HOST], argv[PORT]);
	if (fd < 0 || wolfSSL_CTX_load_verify_locations(context, argv[CA], NULL) != SSL_SUCCESS) {
		fputs("cannot be set up\n", stderr);
		return 2;
	}
	wolfSSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	ssl = wolfSSL_new(context);
	wolfSSL_check_domain_name(ssl, argv[HOST]);
	wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, argv[HOST], strlen(argv[HOST]));
	wolfSSL_set_fd(ssl, fd);
	n = wolfSSL_connect(ssl);
	if (n != SSL_SUCCESS) {
		n = wolfSSL_get_error(ssl, n);
		fprintf(stderr, "connect: %d %s\n", n, wolfSSL_ERR_reason_error_string(n));
		return 1;
	}
	wolfSSL_write(ssl, http_request(argv), strlen(http_request(argv)));
	while ((n = wolfSSL_read(ssl, text, sizeof text)) > 0)
		fwrite(text, 1, n, stdout);
	return 0;
}
