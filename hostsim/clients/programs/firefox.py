"""Drives Firefox over Marionette: python3 firefox.py FIREFOX PROFILE PORT [URL [INTERMEDIATE.der ...]]

Prints the page's text, or, on standard error, the code of the error that Firefox shows. The
intermediates are put where Firefox keeps the ones that it preloads. Without a URL Firefox starts
and ends, which leaves in the profile what spares the next start half of its work."""
import base64
import json
import socket
import subprocess
import sys
import time

SYSTEM = {"sandbox": "system"}

PRELOAD = """const [der, done] = arguments;
const storage = Cc["@mozilla.org/security/certstorage;1"].getService(Ci.nsICertStorage);
const raw = Uint8Array.from(atob(der), c => c.charCodeAt(0));
const element = at => {
  let length = raw[at + 1], head = 2;
  if (length & 0x80) {
    const octets = length & 0x7f;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + raw[at + 2 + i];
    head += octets;
  }
  return {content: at + head, end: at + head + length};
};
let at = element(element(0).content).content;
for (let i = 0; i < 5; i++) at = element(at).end;  // version, serial, algorithm, issuer, validity
const subject = btoa(String.fromCharCode(...raw.slice(at, element(at).end)));
const info = {cert: der, subject, trust: Ci.nsICertStorage.TRUST_INHERIT, QueryInterface: ChromeUtils.generateQI(["nsICertInfo"])};
storage.addCerts([info], status => done(status));"""

FAILURE = """try { return document.getFailedCertSecurityInfo().errorCodeString; } catch (e) { return null; }"""


class Marionette:
    def __init__(self, port, process):
        deadline = time.monotonic() + 30
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=35)
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit("firefox ended with status %d" % process.returncode)
                if time.monotonic() > deadline:
                    sys.exit("firefox does not answer")
                time.sleep(0.05)
        self.file = self.socket.makefile("rb")
        self.number = 0
        self.read()

    def read(self):
        length = b""
        while (c := self.file.read(1)) != b":":
            if not c:
                sys.exit("firefox closed the connection")
            length += c
        return json.loads(self.file.read(int(length)))

    def __call__(self, name, **parameters):
        self.number += 1
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.read()
        return error, (result or {}).get("value")


firefox, profile, port, *rest = sys.argv[1:]
process = subprocess.Popen(
    [firefox, "--headless", "--no-remote", "--profile", profile, "--marionette", "--remote-allow-system-access"],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
status = 1
try:
    call = Marionette(int(port), process)
    call("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})
    call("WebDriver:SetTimeouts", pageLoad=30000, script=15000)
    if not rest:
        call("Marionette:Quit", flags=["eAttemptQuit"])
        sys.exit(process.wait(30))
    url, *intermediates = rest
    call("Marionette:SetContext", value="chrome")
    for path in intermediates:
        der = base64.b64encode(open(path, "rb").read()).decode()
        error, result = call("WebDriver:ExecuteAsyncScript", script=PRELOAD, args=[der], **SYSTEM)
        if error or result:
            sys.exit("preloading %s: %s" % (path, error or result))
    call("Marionette:SetContext", value="content")
    error, _ = call("WebDriver:Navigate", url=url)
    if error:
        _, code = call("WebDriver:ExecuteScript", script=FAILURE, args=[], **SYSTEM)
        print(code or error["message"], file=sys.stderr)
    else:
        _, text = call("WebDriver:ExecuteScript", script="return document.body.innerText", args=[], **SYSTEM)
        print(text)
        status = 0
finally:
    process.kill()
sys.exit(status)
