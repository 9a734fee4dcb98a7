"""The check of regression_test.go from pytest: LEAFCAM is the command, DELIVERY the folder with
server.der, server.key.der, chain.pem and root.pem."""
import json
import os
import socket
import ssl
import subprocess

import pytest

LEAFCAM = os.environ.get("LEAFCAM", "leafcam")
DELIVERY = os.environ.get("DELIVERY", ".")
HOST = "cam.example.com"


def delivered(name):
    return os.path.join(DELIVERY, name)


@pytest.fixture
def camera():
    """An emulated camera with the files as flashed; yields its port and its events."""
    command = [LEAFCAM, "serve", "--json", "--listen", "127.0.0.1:0", "--cert", delivered("server.der"), "--key", delivered("server.key.der")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    events = (json.loads(line) for line in process.stdout)
    try:
        yield next(events)["addr"].rsplit(":", 1)[1], events
    finally:
        process.terminate()
        process.wait()


def test_our_own_client_refuses_the_leaf_alone(camera):
    port, events = camera
    context = ssl.create_default_context(cafile=delivered("root.pem"))
    with socket.create_connection(("127.0.0.1", int(port))) as tcp:
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
            context.wrap_socket(tcp, server_hostname=HOST)
    assert next(events)["client_hello"]["server_name"] == HOST


def test_who_connects():
    """The matrix as JSON: who completes the chain, who does not."""
    command = [LEAFCAM, "matrix", "--json", "--host", HOST, "--clients", "curl,openssl,python", "--scenarios", "leaf-only,second-load",
               "--cert", delivered("server.der"), "--key", delivered("server.key.der"), "--chain", delivered("chain.pem")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr  # 1: somebody needs the intermediate
    ran = 0
    for row in json.loads(run.stdout)["rows"]:
        cells = {cell["scenario"]: cell for cell in row["cells"]}
        if not row["installed"] or cells["leaf-only"]["verdict"] == "cannot isolate":
            print(row["client"], "did not run:", cells["leaf-only"]["cause"])
            continue
        ran += 1
        assert cells["leaf-only"]["cause"] == "missing intermediate", row["client"]
        assert cells["second-load"]["chain_completed"], row["client"]
    assert ran > 0
