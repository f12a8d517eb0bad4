#!/bin/sh
# Makes the secrets that compose.yaml names, once; those that exist stay as they are.
set -eu
cd "$(dirname "$0")"

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# The folder is for its owner alone. The files in it are mounted one by one, under their own mode,
# into containers whose users are others.
mkdir -p secrets
chmod 700 secrets
umask 022

test -s secrets/api_key_pepper || random > secrets/api_key_pepper
test -s secrets/grafana_password || random > secrets/grafana_password
if ! test -s secrets/redis_url; then
    password=$(random)
    echo "requirepass $password" > secrets/redis_access
    echo "redis://:$password@redis:6379" > secrets/redis_url
fi
# Filled later: its key is kept in the store, which has to run for that.
test -e secrets/service_credential || : > secrets/service_credential
