#!/bin/sh
# Makes the guests' root: a minimal Debian with libreswan, which cannot be installed beside
# strongSwan, so it never goes to the host. Guests mount it read-only. About two minutes; root.
#   build_root.sh OUTPUT
set -eu
out=$1
suite=bookworm
# libreswan depends on the virtual package "host", which debootstrap cannot resolve, so bind9-host
# is named here.
packages=bind9-host,iproute2,iputils-ping,iperf3,python3-minimal,libreswan,libnss3-tools,procps

command -v debootstrap >/dev/null || {
  apt-get update -q
  apt-get install -y -q --no-install-recommends debootstrap
}
# The mirror that this machine's apt uses for the suite. If there is none, debootstrap uses its
# default.
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 2>/dev/null |
  awk -v suite="$suite" '$1 == suite && $2 ~ /\/debian\/?$/ { print $2; exit }')

rm -rf "$out.part"
# $mirror is not quoted: without a mirror the argument must be absent, not empty.
debootstrap --variant=minbase --include="$packages" "$suite" "$out.part" $mirror >"$out.log" 2>&1 || {
  tail -n 20 "$out.log" >&2
  exit 1
}

# The guest's first program mounts SHARE, a folder of the host that the kernel's command line names.
mkdir "$out.part/share"
cat >"$out.part/init" <<'INIT'
#!/bin/sh
mount -t hostfs none /share -o "$SHARE"
exec /bin/sh /share/init.sh
INIT
chmod 755 "$out.part/init"
mv "$out.part" "$out"
