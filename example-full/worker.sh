#!/bin/sh
# Works off the orders, one each second.
set -u
trap exit TERM INT
while :; do
    psql --quiet --command "UPDATE orders SET shipped = true WHERE id = (SELECT min(id) FROM orders WHERE NOT shipped)"
    sleep 1 &
    wait "$!"
done
