#!/bin/sh
# Makes the secrets that compose.yaml needs, in secrets/ beside it. What exists is kept, so it can run again.
#
# The folder is closed to others, and its files are readable for the account inside the containers, which has another number.
# For e-mails write smtp://user:password@host:587?starttls into secrets/smtp_url.
set -eu
cd "$(dirname "$0")/.."
mkdir -p secrets
chmod 700 secrets
umask 022

keep() {
    [ -e "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"
}

# What an older installation has in .env.
old() {
    [ ! -e .env ] || sed -n "s/^$1=//p" .env | tail -n 1
}

# Letters and digits only, because they become part of addresses.
password() {
    found=$(old "$1")
    printf '%s' "${found:-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')}"
}

keep postgres_password "$(password POSTGRES_PASSWORD)"
keep owner_url "postgresql://tertulia:$(cat secrets/postgres_password)@postgres:5432/tertulia"
keep database_url "postgresql://tertulia_service:$(password SERVICE_PASSWORD)@postgres:5432/tertulia"
keep smtp_url "$(old TERTULIA_SMTP_URL)"
ls secrets
