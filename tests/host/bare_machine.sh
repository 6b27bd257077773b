#!/bin/sh
# The first process of a machine of its own: this computer's files, whose changes go with the machine, and no process of it.
# Usage: bare_machine.sh FOLDER
set -eu
folder=$1
# In memory: what is changed may not lie in what is below it.
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"
cat /etc/resolv.conf >"$folder/root/etc/resolv.conf"
for path in dev sys; do mount --rbind "/$path" "$folder/root/$path"; done
mount -t proc proc "$folder/root/proc"
for path in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$folder/root/$path"; done
mkdir "$folder/root/run/lock"
touch "$folder/root/run/booted"
exec chroot "$folder/root" sh -c 'cd /; while :; do sleep 86400; done'
