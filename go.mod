module github.com/leafcam/leafcam

go 1.26.0

// Cameras load RSA keys of any size; crypto/rsa refuses those below 1024 bits unless told otherwise.
godebug rsa1024min=0

require (
	github.com/stretchr/testify v1.12.1
	golang.org/x/crypto v0.58.0
	golang.org/x/image v0.47.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	software.sslmate.com/src/go-pkcs12 v0.7.4 // indirect
)
