#!/bin/sh
# Makes what compose.yaml expects in secrets/ and callers/, for a try on one machine: passwords, keys, and a certificate
# of an authority that is made here and thrown away. What is there already stays. `make-secrets.sh [FOLDER]`.
set -eu
folder=${1:-$(dirname "$0")}
umask 077
mkdir -p "$folder/secrets" "$folder/callers"
cd "$folder/secrets"

if [ ! -e pdp.toml ]; then
    database=$(openssl rand -hex 24)
    cache=$(openssl rand -hex 24)
    printf '%s' "$database" >postgresql-password
    # Between the stores and the server lies a network of their own; over any other, take sslmode=verify-full and rediss.
    printf 'store = "%s"\nredis = "redis://pdp:%s@redis:6379/0"\n' \
        "postgresql://pdp:$database@postgresql/pdp?sslmode=disable" "$cache" >pdp.toml
    printf 'user default off\nuser pdp on #%s ~pdp:1:* -@all +get +set +select\n' \
        "$(printf '%s' "$cache" | openssl dgst -sha256 -r | cut -d' ' -f1)" >redis.acl
fi
[ -e cache-keys ] || printf '%s %s\n' "$(date +%Y-%m)" "$(openssl rand -hex 32)" >cache-keys
if [ ! -e server.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=authority of a try" \
        -keyout authority.key -out server-ca.pem 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=pdp.example" \
        -keyout server.key -out server.csr 2>/dev/null
    printf 'subjectAltName=DNS:pdp.example,DNS:localhost\nextendedKeyUsage=serverAuth\n' >server.ext
    openssl x509 -req -in server.csr -CA server-ca.pem -CAkey authority.key -CAcreateserial -days 30 \
        -extfile server.ext -out server.pem 2>/dev/null
    rm -f authority.key server.csr server.ext server-ca.srl
fi

# Each container has another user, and sees the files that it is given and no more; on this machine the folder is closed.
chmod 0444 ./*
