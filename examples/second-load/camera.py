# The second load: the camera presents its leaf and the intermediate that signed it. Undocumented, and
# measured on OpenMV's firmware 5.0.0: a further call appends its certificate and keeps the key.
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.der", "server.key.der")
context.load_cert_chain("intermediate-1.der", "server.key.der")
