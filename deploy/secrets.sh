#!/bin/sh
# Makes the passwords and keys that compose.yaml names, as files in deploy/secrets. What is there already stays as it is.
#
# Keep a copy of secrets/master_key elsewhere: the provider keys of users cannot be read without it.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets

digits() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}
# Compose mounts the files as they are, and the programs in the containers are other users.
write() {
    [ -e "$1" ] || { cat >"$1.new" && chmod 0444 "$1.new" && mv "$1.new" "$1"; }
}

digits | write database_password
printf 'postgres://viva:%s@postgres/viva' "$(cat database_password)" | write database_url
digits | write master_key
digits | write s3_secret_key
cat <<JSON | write s3_config
{
  "identities": [
    {
      "name": "viva",
      "credentials": [{"accessKey": "viva", "secretKey": "$(cat s3_secret_key)"}],
      "actions": ["Read:viva", "Write:viva", "List:viva", "Tagging:viva"]
    }
  ]
}
JSON
echo "deploy/secrets is complete"
