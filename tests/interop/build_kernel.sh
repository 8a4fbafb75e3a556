#!/bin/sh
# Builds the guests' kernel: Linux for user mode with ESP-in-TCP, which distribution kernels are
# built without, from Debian's own kernel source package. About five minutes on two cores; root.
#   build_kernel.sh OUTPUT
set -eu
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
apt-get update -q
apt-get install -y -q --no-install-recommends linux-source flex bison bc xz-utils make gcc libc6-dev
# The newest source package that is installed.
source=$(ls -v /usr/src/linux-source-*.tar.xz | tail -n 1)
tar xf "$source" -C "$work" --strip-components=1
cd "$work"
make -s ARCH=um defconfig
./scripts/config -e XFRM -e XFRM_USER -e XFRM_STATISTICS -e NET_KEY \
  -e INET_ESP -e INET_ESPINTCP -e IPV6 -e INET6_ESP -e INET6_ESPINTCP -e STREAM_PARSER \
  -e NAMESPACES -e NET_NS \
  -e IP_ADVANCED_ROUTER -e IP_MULTIPLE_TABLES -e IPV6_MULTIPLE_TABLES \
  -e TUN -e VETH -e UML_NET_VECTOR -e HOSTFS -e DEVTMPFS -e DEVTMPFS_MOUNT -e MAGIC_SYSRQ \
  -e CRYPTO_AES -e CRYPTO_GCM -e CRYPTO_SEQIV -e CRYPTO_ECHAINIV -e CRYPTO_CHACHA20POLY1305 \
  -d DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT -e DEBUG_INFO_NONE
make -s ARCH=um olddefconfig
grep -q '^CONFIG_INET_ESPINTCP=y' .config
make -s ARCH=um -j"$(nproc)"
strip -o "$out.part" linux
mv "$out.part" "$out"
