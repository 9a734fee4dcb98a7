# The server that leafcam records: on a camera, or on MicroPython's unix port.
#
#   micropython server.py [PORT [ADDRESS]]
#
# It serves nobody else: whoever reaches PORT makes it load any key, and serve any connection. It listens on
# 127.0.0.1 unless an ADDRESS is given, with TLS on the port after PORT. One JSON line asks, one answers:
#   {"do": "load", "cert": BASE64, "key": BASE64, "verify": 0, "cas": [BASE64, ...] or null, "lazy": false}
#   {"do": "accept", "body": OCTETS}      serves one connection of the TLS port, and tells how it ended
#   {"do": "call", "host": HOST, "port": PORT, "cert": BASE64 or null, "key": ..., "verify": 0, "cas": [BASE64],
#    "hostname": TEXT or null, "lazy": false}     is the client of a server, and tells how it ended
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
    cert, key = decoded(ask["cert"], missing), decoded(ask["key"], missing)
    cas = [decoded(ca) for ca in ask["cas"] or []]
    verify, lazy = ask["verify"], ask["lazy"]
    if not CONTEXTS:
        if missing in (cert, key):
            open(missing)  # wrap_socket takes what is in the files, which a script reads
        options = {"server_side": True, "key": key, "cert": cert, "cert_reqs": verify, "do_handshake": not lazy}
        if cas:
            options["cadata"] = b"".join(cas)  # in DER, only the first counts
        probe = dict(options)
        probe["do_handshake"] = False  # both files are parsed, and nothing is read
        ssl.wrap_socket(io.BytesIO(b""), **probe)
        return lambda client: ssl.wrap_socket(client, **options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    for ca in cas:
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


def caller(ask):
    verify, lazy, hostname = ask["verify"], ask["lazy"], ask["hostname"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ask["cert"] is not None:
        context.load_cert_chain(decoded(ask["cert"]), decoded(ask["key"]))
    for ca in ask["cas"]:
        context.load_verify_locations(cadata=decoded(ca))
    context.verify_mode = verify
    return lambda client: context.wrap_socket(client, server_hostname=hostname, do_handshake_on_connect=not lazy)


def call(ask):
    client = None
    phase = "load"
    try:
        wrap = caller(ask)
        client = socket.socket()
        client.connect(socket.getaddrinfo(ask["host"], ask["port"])[0][-1])
        phase = "wrap"
        tls = wrap(client)
        phase = "write"
        tls.write(b"GET / HTTP/1.0\r\n\r\n")
        cipher = str(tls.cipher())
        phase = "read"
        got, count, nothing, octet = b"", 0, 0, bytearray(1)
        while nothing < 9:  # octet by octet, so that nothing is read ahead
            n = tls.readinto(octet)
            if n is None:
                nothing += 1
                continue
            if n == 0:
                break
            count += 1
            if count <= 80:
                got += octet
        phase = "close"
        tls.close()
        return {"result": "OK", "cipher": cipher, "request": "%r %d %d" % (got, count, nothing)}
    except Exception as exception:
        return raised(exception, phase)
    finally:
        if client is not None:
            client.close()


def answer(ask, tls_listener, state):
    if ask["do"] == "call":
        return call(ask)
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
