#!/bin/sh
# shellcheck shell=dash
# A function with a body in ( ) is meant to lose its changes:
# shellcheck disable=SC2030,SC2031
# host_tool: what happens on a Docker host in a release of an app, one verb a step.
#
#   timeout -k 10 SECONDS .kamal/apps/APP/bin/host_tool-HASH VERB APP WORDS... <SPEC
#
# SPEC is one `key: "value"` a line (see spec.sh). Values go to standard output in the same form; progress and errors
# go to standard error. Every verb may be run again, and leaves the host as it found it when it fails.
# Needs Docker >= 20.10, coreutils, sed, awk and util-linux's flock. `local` is not POSIX, but every sh has it that
# is found on a Docker host: dash, bash, busybox.

set -eu
umask 077
# Bytes are counted and compared as bytes. Not exported: hooks keep the language of the host.
unset LC_ALL
LC_ALL=C
# A login without a terminal often has a short PATH.
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin

kamal=.kamal

# Who and what this run is about, for messages and the audit log; the verbs fill them in.
verb='' app='' role='' host='' version='' release='' performer='-'
app_dir='' role_dir=''
