#!/bin/sh
# Makes certificates.json beside it, with OpenSSL 3: the certificates and keys of tests. Run it
# again only if a test needs another one: every key is new then. The keys protect nothing.
set -eu
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
cd "$work"

san="subjectAltName=DNS:gw.example.org,email:carol@example.org,IP:192.0.2.1"
leaf="basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature"
ca="basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign"

# key NAME ALGORITHM [OPTION...]
key() {
  name=$1
  shift
  openssl genpkey -out "$name.key" -algorithm "$@" 2>/dev/null
}

# root NAME
root() {
  key "$1" EC -pkeyopt ec_paramgen_curve:P-256
  printf '%s\n' "$ca" >"$1.ext"
  openssl req -new -key "$1.key" -subj "/O=Culvert tests/CN=$1" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 36500 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}

# issue NAME CA DAYS EXTENSIONS [OPTION...]
issue() {
  name=$1 by=$2 days=$3
  printf '%s\n' "$4" >"$name.ext"
  shift 4
  openssl req -new -key "$name.key" -subj "/O=Culvert tests/CN=carol@example.org" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA "$by.pem" -CAkey "$by.key" -days "$days" \
    -extfile "$name.ext" -out "$name.pem" "$@" 2>/dev/null
}

p256() { key "$1" EC -pkeyopt ec_paramgen_curve:P-256; }

root root
root stranger
p256 middle
printf '%s\n' "$ca" >middle.ext
openssl req -new -key middle.key -subj "/O=Culvert tests/CN=middle" -out middle.csr
openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -days 36500 -extfile middle.ext -out middle.pem 2>/dev/null

good="$leaf
$san"
key rsa RSA -pkeyopt rsa_keygen_bits:2048
key p384 EC -pkeyopt ec_paramgen_curve:P-384
key p521 EC -pkeyopt ec_paramgen_curve:P-521
key ed25519 ED25519
key small RSA -pkeyopt rsa_keygen_bits:1024
for name in p256 below expired foreign revoked nameless sha1 coding; do p256 "$name"; done
for name in p256 p384 p521 rsa ed25519 small revoked; do issue "$name" root 36500 "$good"; done
issue below middle 36500 "$good"
issue expired root 1 "$good"
issue foreign stranger 36500 "$good"
issue nameless root 36500 "$leaf"
issue sha1 root 36500 "$good" -sha1
issue coding root 36500 "$good
extendedKeyUsage=codeSigning"

touch index.txt
echo 01 >crlnumber
cat >ca.cnf <<END
[ca]
default_ca = this
[this]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 36000
END
openssl ca -config ca.cnf -keyfile root.key -cert root.pem -revoke revoked.pem 2>/dev/null
openssl ca -config ca.cnf -keyfile root.key -cert root.pem -gencrl -out root.crl 2>/dev/null

{
  printf '{\n'
  for file in *.pem *.key *.crl; do
    printf '  "%s": "%s",\n' "$file" "$(awk '{printf "%s\\n", $0}' "$file")"
  done
  printf '  "": ""\n}\n'
} >"$here/certificates.json"
rm -r "$work"
