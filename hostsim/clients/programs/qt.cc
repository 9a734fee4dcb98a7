#include <QCoreApplication>
#include <QFile>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSslConfiguration>
#include <QSslSocket>
#include <cstdio>

int main(int argc, char *argv[])
{
	QCoreApplication app(argc, argv);
	if (argc < 3) {
		printf("Qt %s %s\n", qVersion(), qPrintable(QSslSocket::sslLibraryVersionString()));
		return 0;
	}
	QFile file(argv[2]);
	file.open(QIODevice::ReadOnly);
	QSslConfiguration trust = QSslConfiguration::defaultConfiguration();
	trust.setCaCertificates(QSslCertificate::fromDevice(&file));
	QNetworkRequest request(QUrl(QString::fromUtf8(argv[1])));
	request.setSslConfiguration(trust);
	QNetworkAccessManager manager;
	QNetworkReply *reply = manager.get(request);
	QObject::connect(reply, &QNetworkReply::sslErrors, [](const QList<QSslError> &errors) {
		for (const QSslError &error : errors)
			fprintf(stderr, "%s\n", qPrintable(error.errorString()));
	});
	QObject::connect(reply, &QNetworkReply::finished, [&] {
		fputs(reply->readAll().constData(), stdout);
		if (reply->error() != QNetworkReply::NoError)
			fprintf(stderr, "%s\n", qPrintable(reply->errorString()));
		app.exit(reply->error() == QNetworkReply::NoError ? 0 : 1);
	});
	return app.exec();
}
