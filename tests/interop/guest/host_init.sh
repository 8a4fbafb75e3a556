#!/bin/sh
# Process 1 of the gateway's host. Its root is the machine's own, where this folder lies in /run,
# which is about to be covered. /tmp stays as it is: the checkout may be there.
/bin/mount --bind "$SHARE" /mnt
export WRITABLE="/run /var/log" TMPDIR=/run
exec /bin/sh /mnt/init.sh
