#!/bin/sh
# First process of a host: gives it its own view of the file system, then stays to adopt and reap orphans.
# Usage: boot.sh NAME FOLDER [USER]    FOLDER keeps the host's disk; USER is made, and put into the group docker.
set -eu
name=$1 folder=$2 user=${3:-}

hostname "$name"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/host /run/lock /run/sshd /run/etc/upper /run/etc/work
# First, since the mounts that follow may hide the project's own folder.
mount --bind "$folder" /run/host
mount --bind /run/host/root /root
mount --bind /run/host/home /home
mount --bind /run/host/tmp /tmp
mount -t tmpfs -o mode=755 tmpfs /var/log
# The machine's /etc with changes of this host's own.
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
