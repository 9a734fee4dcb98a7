/* libcurl built with NSS. Debian has the library without headers, so its functions and
 * the numbers of its options are declared here. */
#include <stdio.h>

void *curl_easy_init(void);
int curl_easy_setopt(void *, int, ...);
int curl_easy_perform(void *);
const char *curl_easy_strerror(int);
char *curl_version(void);

enum { TIMEOUT = 13, URL = 10002, ERRORBUFFER = 10010, CAINFO = 10065, CAPATH = 10097 };

int main(int argc, char *argv[])
{
	char error[512] = "";
	void *curl;
	int result;

	if (argc < 3) {
		puts(curl_version());
		return 0;
	}
	curl = curl_easy_init();
	curl_easy_setopt(curl, URL, argv[1]);
	curl_easy_setopt(curl, CAINFO, argv[2]);
	curl_easy_setopt(curl, CAPATH, (char *)NULL);
	curl_easy_setopt(curl, ERRORBUFFER, error);
	curl_easy_setopt(curl, TIMEOUT, 30L);
	result = curl_easy_perform(curl);
	if (result != 0)
		fprintf(stderr, "curl: (%d) %s\n", result, *error ? error : curl_easy_strerror(result));
	return result;
}
