#include "connect.h"
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

int main(int argc, char *argv[])
{
	mbedtls_net_context net;
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	mbedtls_x509_crt trusted;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	char text[2048];
	int n;

	if (argc < ARGUMENTS) {
		mbedtls_version_get_string_full(text);
		puts(text);
		return 0;
	}
	mbedtls_ssl_init(&ssl);
	mbedtls_ssl_config_init(&config);
	mbedtls_x509_crt_init(&trusted);
	mbedtls_entropy_init(&entropy);
	mbedtls_ctr_drbg_init(&random);
	net.fd = open_tcp(argv[HOST], argv[PORT]);
	if (net.fd < 0 || mbedtls_x509_crt_parse_file(&trusted, argv[CA]) != 0 ||
	    mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0) != 0 ||
	    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
		fputs("cannot be set up\n", stderr);
		return 2;
	}
	mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(&config, &trusted, NULL);
	mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
	mbedtls_ssl_setup(&ssl, &config);
	mbedtls_ssl_set_hostname(&ssl, argv[HOST]);
	mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
	n = mbedtls_ssl_handshake(&ssl);
	if (n != 0) {
		mbedtls_strerror(n, text, sizeof text);
		fprintf(stderr, "handshake: %s\n", text);
		mbedtls_x509_crt_verify_info(text, sizeof text, "", mbedtls_ssl_get_verify_result(&ssl));
		fputs(text, stderr);
		return 1;
	}
	mbedtls_ssl_write(&ssl, (const unsigned char *)http_request(argv), strlen(http_request(argv)));
	while ((n = mbedtls_ssl_read(&ssl, (unsigned char *)text, sizeof text)) > 0)
		fwrite(text, 1, n, stdout);
	return 0;
}
