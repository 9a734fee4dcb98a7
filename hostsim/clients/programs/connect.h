/* What the small clients share: a TCP connection, and the request. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Arguments: host, port, file of trusted certificates, path. */
enum { HOST = 1, PORT, CA, PATH, ARGUMENTS };

static int open_tcp(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *address;
	int fd;
	if (getaddrinfo(host, port, &hints, &address) != 0)
		return -1;
	for (; address; address = address->ai_next) {
		fd = socket(address->ai_family, SOCK_STREAM, 0);
		if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

static const char *http_request(char *argv[])
{
	static char text[1024];
	snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", argv[PATH], argv[HOST]);
	return text;
}
