#!/bin/sh
# Each visit is an order. The worker, on another host, ships one each second.
counts=$(psql --quiet --no-align --tuples-only --command "INSERT INTO orders DEFAULT VALUES" \
    --command "SELECT count(*), count(*) FILTER (WHERE shipped) FROM orders")
printf 'Content-Type: text/html; charset=utf-8\r\n\r\n'
cat <<PAGE
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Orders</title>
<link rel="stylesheet" href="/assets/@STYLE@">
<h1>Orders</h1>
<dl>
  <dt>ordered</dt><dd>${counts%|*}</dd>
  <dt>shipped</dt><dd>${counts#*|}</dd>
  <dt>version</dt><dd>$KAMAL_VERSION</dd>
  <dt>host</dt><dd>$KAMAL_HOST</dd>
</dl>
PAGE
