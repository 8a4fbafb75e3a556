#!/bin/sh
# A guest's process 1, after the client's /init has mounted this folder at /share, or host_init.sh
# has bound it to /mnt. Runs one shell command a line from the console, and says `@done CODE` after
# each; ends when the console does.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
for folder in ${WRITABLE:-/run /tmp /var/lib/ipsec /var/log}; do mount -t tmpfs tmp $folder; done
stty raw -echo
ip link set lo up
echo "@ready"
while IFS= read -r line; do
  sh -c "$line" </dev/null 2>&1
  # The leading line break puts the mark on a line of its own, whatever the command printed last.
  printf '\n@done %s\n' $?
done
echo o >/proc/sysrq-trigger
sleep 10
