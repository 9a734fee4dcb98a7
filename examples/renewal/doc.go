// Package renewal is a deploy hook for certbot and acme.sh, with its test.
package renewal
