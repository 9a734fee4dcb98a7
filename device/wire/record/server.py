# The server that leafcam records: on a camera, or on MicroPython's unix port.
#
#   micropython server.py [PORT [ADDRESS]]
#
# It serves nobody else: whoever reaches PORT makes it load any key, and serve any connection. It listens on
# 127.0.0.1 unless an ADDRESS is given, with TLS on the port after PORT. One JSON line asks, one answers:
#   {"do": "load", "cert": BASE64, "key": BASE64, "verify": 0, "ca": BASE64 or null, "lazy": false}
#   {"do": "accept", "body": OCTETS}      serves one connection of the TLS port, and tells how it ended
import binascii
import gc
import io
import json
import socket
import sys
import ssl

CONTEXTS = hasattr(ssl, "SSLContext")  # from MicroPython 1.21 on


def decoded(text, otherwise=None):
    return otherwise if text is None else binascii.a2b_base64(text)


def last_line(exception):
    out = io.StringIO()
    sys.print_exception(exception, out)
    text = out.getvalue()
    frame = text.rfind("\n  File ")
    if frame >= 0:
        text = text[text.find("\n", frame + 1) + 1 :]
    return text[:-1]


def raised(exception, phase):
    return {
        "result": "EXC",
        "phase": phase,
        "type": type(exception).__name__,
        "args": repr(exception.args),
        "line": last_line(exception),
    }


def load(ask):
    missing = "no-such-file.der"
    cert, key, ca = decoded(ask["cert"], missing), decoded(ask["key"], missing), decoded(ask["ca"])
    verify, lazy = ask["verify"], ask["lazy"]
    if not CONTEXTS:
        if missing in (cert, key):
            open(missing)  # wrap_socket takes what is in the files, which a script reads
        options = {"server_side": True, "key": key, "cert": cert, "cert_reqs": verify, "do_handshake": not lazy}
        if ca is not None:
            options["cadata"] = ca
        probe = dict(options)
        probe["do_handshake"] = False  # both files are parsed, and nothing is read
        ssl.wrap_socket(io.BytesIO(b""), **probe)
        return lambda client: ssl.wrap_socket(client, **options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if ca is not None:
        context.load_verify_locations(cadata=ca)
    if verify:
        context.verify_mode = verify
    return lambda client: context.wrap_socket(client, server_side=True, do_handshake_on_connect=not lazy)


def page(octets):
    body = b"hello\n" if octets == 0 else b"x" * octets
    return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def serve(client, wrap, response):
    phase = "wrap"
    try:
        tls = wrap(client)
        phase = "read"
        request = tls.readline()
        while True:
            line = tls.readline()
            if not line or line == b"\r\n":
                break
        cipher = str(tls.cipher()) if hasattr(tls, "cipher") else ""
        phase = "write"
        tls.write(response)
        phase = "close"
        tls.close()
        len(request)
        return {"result": "OK", "cipher": cipher, "request": repr(request[:80])}
    except Exception as exception:
        return raised(exception, phase)
    finally:
        client.close()


def answer(ask, tls_listener, state):
    if ask["do"] == "load":
        state["wrap"] = None
        try:
            state["wrap"] = load(ask)
        except Exception as exception:
            return raised(exception, "load")
        return {"result": "OK"}
    client = tls_listener.accept()[0]
    try:
        return serve(client, state["wrap"], page(ask["body"]))
    finally:
        client = None
        gc.collect()


def listening(address, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(socket.getaddrinfo(address, port)[0][-1])
    listener.listen(4)
    return listener


def main(port=8442, address="127.0.0.1"):
    tls_listener = listening(address, port + 1)
    listener = listening(address, port)
    while True:
        control = listener.accept()[0]
        state = {"wrap": None}
        try:
            control.write(json.dumps({"port": port + 1, "version": sys.version}) + "\n")
            while True:
                line = control.readline()
                if not line:
                    break
                control.write(json.dumps(answer(json.loads(line), tls_listener, state)) + "\n")
        except OSError:
            pass
        control.close()


main(*([int(sys.argv[1])] + sys.argv[2:] if len(sys.argv) > 1 else []))
