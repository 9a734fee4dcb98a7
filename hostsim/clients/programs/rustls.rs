use std::io::{Read, Write};
use std::sync::Arc;

// Arguments: host, port, file of trusted certificates, path.
fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.len() < 5 {
        println!("rustls");
        return;
    }
    let mut pem = std::io::BufReader::new(std::fs::File::open(&args[3]).unwrap());
    let mut roots = rustls::RootCertStore::empty();
    for cert in rustls_pemfile::certs(&mut pem).unwrap() {
        roots.add(&rustls::Certificate(cert)).unwrap();
    }
    let config = rustls::ClientConfig::builder().with_safe_defaults().with_root_certificates(roots).with_no_client_auth();
    let name = args[1].as_str().try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tcp = std::net::TcpStream::connect((args[1].as_str(), args[2].parse::<u16>().unwrap())).unwrap();
    let mut tls = rustls::Stream::new(&mut connection, &mut tcp);
    let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", args[4], args[1]);
    if let Err(e) = tls.write_all(request.as_bytes()) {
        eprintln!("{}", e);
        std::process::exit(1);
    }
    let mut page = Vec::new();
    let ended = tls.read_to_end(&mut page); // the camera sends no close_notify
    std::io::stdout().write_all(&page).unwrap();
    if page.is_empty() {
        eprintln!("{:?}", ended);
        std::process::exit(1);
    }
}
