"""Loads a page in WebKitGTK: python3 webkit.py URL"""
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2


def fail(text):
    print(text, file=sys.stderr)
    Gtk.main_quit()
    return True


def loaded(view, event):
    if event == WebKit2.LoadEvent.FINISHED:
        view.run_javascript("document.body.innerText", None, printed)


def printed(view, result):
    try:
        print(view.run_javascript_finish(result).get_js_value().to_string())
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
    Gtk.main_quit()


if len(sys.argv) < 2:
    print("WebKitGTK %d.%d.%d" % (WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version()))
    sys.exit()
view = WebKit2.WebView.new_with_context(WebKit2.WebContext.new_ephemeral())
view.connect("load-failed-with-tls-errors", lambda view, url, certificate, flags: fail("TLS errors: %s" % flags))
view.connect("load-failed", lambda view, event, url, error: fail(error.message))
view.connect("load-changed", loaded)
window = Gtk.Window()
window.add(view)
window.show_all()
view.load_uri(sys.argv[1])
GLib.timeout_add_seconds(30, lambda: fail("the page does not come"))
Gtk.main()
