# The camera behind a gateway: its own certificate, which the gateway pins. Made on a computer by
#
#   leafcam selfsigned camera.local --out camera
#
# and copied into the camera's flash. With the lines about client.der (leafcam selfsigned gateway
# --client --out gateway) the camera refuses everyone but the gateway; its clock has to be set then.
import socket
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.der", "server.key.der")
# context.load_verify_locations(cafile="client.der")
# context.verify_mode = ssl.CERT_REQUIRED

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 443))
listener.listen(1)
while True:
    connection, _ = listener.accept()
    connection.settimeout(10)
    try:
        tls = context.wrap_socket(connection, server_side=True)
        line = tls.readline()
        while line and line != b"\r\n":
            line = tls.readline()
        body = b"a picture, say"
        tls.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        tls.close()
    except (OSError, ValueError) as e:
        print("viewer lost:", e)
    finally:
        connection.close()
