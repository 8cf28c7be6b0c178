#!/bin/sh
# A database and a role for each service; a role reaches its own database and no other.
set -eu

database_for() { # SERVICE PASSWORD
  psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set service="$1" --set password="$2" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE CONNECT ON DATABASE :"service" FROM PUBLIC;
SQL
}

database_for booking "$HOLDFAST_DB_PASSWORD_BOOKING"
database_for payment "$HOLDFAST_DB_PASSWORD_PAYMENT"
database_for calendar "$HOLDFAST_DB_PASSWORD_CALENDAR"
database_for notify "$HOLDFAST_DB_PASSWORD_NOTIFY"
