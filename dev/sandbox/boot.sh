#!/bin/sh
# The first process of a machine: gives it its own view of the file system, then stays to adopt and reap orphans.
# Usage: boot.sh NAME FOLDER [USER]
#   FOLDER is the machine's disk, which it sees as /run/host. USER is added, in the group docker.
set -eu
name=$1 folder=$2 user=${3:-}

hostname "$name"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/host /run/lock /run/sshd /run/etc/upper /run/etc/work
# Before the other mounts, which may hide the project's folder.
mount --bind "$folder" /run/host
mount --bind /run/host/root /root
mount --bind /run/host/home /home
mount --bind /run/host/tmp /tmp
mount -t tmpfs -o mode=755 tmpfs /var/log
# The computer's /etc, and over it the changes of this machine.
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
cp -R --remove-destination /run/host/etc/. /etc/

getent group docker >/dev/null || groupadd --system docker
if [ -n "$user" ]; then
    getent passwd "$user" >/dev/null ||
        useradd --no-create-home --home-dir "/home/$user" --shell /bin/sh --password '*' "$user"
    usermod --append --groups docker "$user"
    chown -R "$user:" "/home/$user"
fi

ip link set lo up
touch /run/booted
while :; do sleep 86400; done
