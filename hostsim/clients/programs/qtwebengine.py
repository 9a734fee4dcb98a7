"""Loads a page in Qt WebEngine: python3 qtwebengine.py URL"""
import os
import sys

from PyQt5.QtCore import QTimer, QUrl
from PyQt5.QtWebEngine import PYQT_WEBENGINE_VERSION_STR
from PyQt5.QtWebEngineWidgets import QWebEnginePage, QWebEngineProfile
from PyQt5.QtWidgets import QApplication


class Page(QWebEnginePage):
    def certificateError(self, error):
        print("certificate error %d: %s" % (error.error(), error.errorDescription()), file=sys.stderr)
        return False


def leave(text=None):
    if text is not None:
        print(text)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if text else 1)  # its destructors crash now and then


def loaded(fine):
    if fine:
        page.toPlainText(leave)
    else:
        leave()


if len(sys.argv) < 2:
    print("PyQtWebEngine", PYQT_WEBENGINE_VERSION_STR)
    sys.exit()
application = QApplication(sys.argv)
profile = QWebEngineProfile()
page = Page(profile)
page.loadFinished.connect(loaded)
page.load(QUrl(sys.argv[1]))
QTimer.singleShot(30000, leave)
application.exec_()
