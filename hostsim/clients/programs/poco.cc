#include <Poco/Exception.h>
#include <Poco/Net/AcceptCertificateHandler.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <iostream>

using namespace Poco::Net;

int main(int argc, char *argv[])
{
	if (argc < 3) {
		std::cout << "Poco NetSSL" << std::endl;
		return 0;
	}
	try {
		initializeSSL();
		Poco::SharedPtr<InvalidCertificateHandler> handler = new RejectCertificateHandler(false);
		// Anything less than strict leaves names alone on loopback.
		Context::Ptr context = new Context(Context::TLS_CLIENT_USE, "", "", argv[2], Context::VERIFY_STRICT, 9, false);
		SSLManager::instance().initializeClient(nullptr, handler, context);
		Poco::URI uri(argv[1]);
		HTTPSClientSession session(uri.getHost(), uri.getPort(), context);
		HTTPRequest request(HTTPRequest::HTTP_GET, uri.getPath(), HTTPMessage::HTTP_1_1);
		session.sendRequest(request);
		HTTPResponse response;
		Poco::StreamCopier::copyStream(session.receiveResponse(response), std::cout);
	} catch (const Poco::Exception &e) {
		std::cerr << e.displayText() << std::endl;
		return 1;
	}
	return 0;
}
