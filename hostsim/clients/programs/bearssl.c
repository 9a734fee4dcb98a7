#include "connect.h"
#include <bearssl.h>

struct bytes { unsigned char data[8192]; size_t length; };

static void collect(void *context, const void *part, size_t length)
{
	struct bytes *b = context;
	if (b->length + length <= sizeof b->data) {
		memcpy(b->data + b->length, part, length);
		b->length += length;
	}
}

static void *copy(const void *data, size_t length)
{
	return memcpy(malloc(length + 1), data, length);
}

static br_x509_trust_anchor anchors[8];
static size_t count;

static void trust(const struct bytes *certificate)
{
	static struct bytes name;
	br_x509_decoder_context decoder;
	br_x509_trust_anchor *anchor = &anchors[count++];
	br_x509_pkey *key;

	name.length = 0;
	br_x509_decoder_init(&decoder, collect, &name);
	br_x509_decoder_push(&decoder, certificate->data, certificate->length);
	key = br_x509_decoder_get_pkey(&decoder);
	if (key == NULL)
		exit(2);
	anchor->dn.data = copy(name.data, name.length);
	anchor->dn.len = name.length;
	anchor->flags = br_x509_decoder_isCA(&decoder) ? BR_X509_TA_CA : 0;
	anchor->pkey = *key;
	if (key->key_type == BR_KEYTYPE_RSA) {
		anchor->pkey.key.rsa.n = copy(key->key.rsa.n, key->key.rsa.nlen);
		anchor->pkey.key.rsa.e = copy(key->key.rsa.e, key->key.rsa.elen);
	} else {
		anchor->pkey.key.ec.q = copy(key->key.ec.q, key->key.ec.qlen);
	}
}

static void trust_file(const char *path)
{
	static char pem[65536];
	static struct bytes der;
	br_pem_decoder_context decoder;
	FILE *file = fopen(path, "rb");
	size_t length, done = 0;

	if (file == NULL)
		exit(2);
	length = fread(pem, 1, sizeof pem, file);
	br_pem_decoder_init(&decoder);
	while (done < length) {
		done += br_pem_decoder_push(&decoder, pem + done, length - done);
		switch (br_pem_decoder_event(&decoder)) {
		case BR_PEM_BEGIN_OBJ:
			der.length = 0;
			br_pem_decoder_setdest(&decoder, collect, &der);
			break;
		case BR_PEM_END_OBJ:
			if (count < sizeof anchors / sizeof *anchors)
				trust(&der);
		}
	}
}

static int receive(void *fd, unsigned char *data, size_t length)
{
	ssize_t n = read(*(int *)fd, data, length);
	return n <= 0 ? -1 : (int)n;
}

static int transmit(void *fd, const unsigned char *data, size_t length)
{
	ssize_t n = write(*(int *)fd, data, length);
	return n <= 0 ? -1 : (int)n;
}

static const char *reason(int error)
{
	switch (error) {
	case BR_ERR_X509_EXPIRED: return "X509_EXPIRED";
	case BR_ERR_X509_BAD_SERVER_NAME: return "X509_BAD_SERVER_NAME";
	case BR_ERR_X509_NOT_TRUSTED: return "X509_NOT_TRUSTED";
	case BR_ERR_X509_NOT_CA: return "X509_NOT_CA";
	case BR_ERR_X509_BAD_SIGNATURE: return "X509_BAD_SIGNATURE";
	case BR_ERR_X509_CRITICAL_EXTENSION: return "X509_CRITICAL_EXTENSION";
	case BR_ERR_X509_FORBIDDEN_KEY_USAGE: return "X509_FORBIDDEN_KEY_USAGE";
	case BR_ERR_X509_WEAK_PUBLIC_KEY: return "X509_WEAK_PUBLIC_KEY";
	}
	return error > BR_ERR_X509_OK && error < BR_ERR_X509_NOT_TRUSTED ? "X509_OTHER" : "";
}

int main(int argc, char *argv[])
{
	static br_ssl_client_context client;
	static br_x509_minimal_context verifier;
	static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
	br_sslio_context io;
	char text[2048];
	int n, fd;

	if (argc < ARGUMENTS) {
		puts("BearSSL, whose library does not tell its version");
		return 0;
	}
	trust_file(argv[CA]);
	fd = open_tcp(argv[HOST], argv[PORT]);
	if (fd < 0)
		return 2;
	br_ssl_client_init_full(&client, &verifier, anchors, count);
	br_ssl_engine_set_buffer(&client.eng, buffer, sizeof buffer, 1);
	br_ssl_client_reset(&client, argv[HOST], 0);
	br_sslio_init(&io, &client.eng, receive, &fd, transmit, &fd);
	br_sslio_write_all(&io, http_request(argv), strlen(http_request(argv)));
	br_sslio_flush(&io);
	while ((n = br_sslio_read(&io, text, sizeof text)) > 0)
		fwrite(text, 1, n, stdout);
	n = br_ssl_engine_last_error(&client.eng);
	if (n != 0 && n != BR_ERR_IO) {
		fprintf(stderr, "error %d %s\n", n, reason(n));
		return 1;
	}
	return 0;
}
