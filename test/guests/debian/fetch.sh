#!/bin/sh
# Fetches Debian's riscv64 kernel and wraps busybox into an initramfs, for the tests that boot a real Linux.
# This is not part of `npm test`: it needs apt, a Debian mirror and about 400 MB of disk.
#
#   sh fetch.sh [--refresh] [--debug] [CACHE-FOLDER]      (the default folder is .cache beside this script)
#
# What it leaves in the folder, and nowhere else:
#
#   Image            the kernel, as QEMU's -kernel and our loader take it (RISC-V Linux boot image)
#   Image.gz         the same, compressed
#   initrd.cpio.gz   busybox, an /init, and the virtio modules that Debian's kernel does not carry built in
#   version.txt      which packages these are; its presence means that the folder is complete
#
# With --debug also, of the kernel's debug package in the same version (about 1 GB to download):
#
#   vmlinux              the kernel as ELF with its debug information, 300 MB
#   virtio_blk.ko.debug  the debug information of one module
#
# The machine's own apt is left alone: state, lists and archives live in the cache folder. No address is written
# here: the mirror is whichever one the machine already uses, and Debian's archive keyring has to vouch for it.
set -eu

SUITE=trixie
GUEST_ARCHITECTURE=riscv64
here=$(cd "$(dirname "$0")" && pwd)

refresh=no
debug=no
while :; do
  case "${1:-}" in
  --refresh) refresh=yes ;;
  --debug) debug=yes ;;
  *) break ;;
  esac
  shift
done
cache=${1:-$here/.cache}

# ---- Failures say what is wrong and what to do ------------------------------------------------------------------

fail() {
  printf 'fetch.sh: %s\n' "$1" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null 2>&1 || fail "the command '$1' is missing; install the Debian package $2"
}

# ---- apt, kept in a folder of its own ---------------------------------------------------------------------------

# The first Debian mirror of the machine's own sources, asked of apt itself so that both source formats work.
# Security archives have another layout and are passed over; so is every source without the component main.
machine_mirror() {
  apt-get indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 'Identifier: Packages' |
    awk '$1 == "main" && $2 !~ /security/ && $3 ~ /debian\/?$/ { print $3; exit }'
}

# The keyring that carries the suite's key. An older release's keyring package is updated ahead of a new suite.
archive_keyring() {
  for file in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
    if [ -r "$file" ]; then
      printf '%s\n' "$file"
      return
    fi
  done
  fail "Debian's archive keyring is missing; install the package debian-archive-keyring"
}

private_apt() {
  command="$1"
  shift
  "$command" \
    -o Dir::Etc::sourcelist="$apt/sources.list" \
    -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State="$apt/state" \
    -o Dir::State::status="$apt/status" \
    -o Dir::State::Lists="$apt/lists" \
    -o Dir::Cache="$apt/archives" \
    -o APT::Architecture="$GUEST_ARCHITECTURE" \
    -o APT::Architectures="$GUEST_ARCHITECTURE" \
    -o APT::Sandbox::User=root \
    -o Acquire::Languages=none \
    -o Acquire::AllowInsecureRepositories=false \
    "$@"
}

# Reads the suite's signed index. A mirror that is being brought up to date has another index than its Release file
# promises: it is asked again twice, and when it stays so, this is false. Whatever else is wrong ends the script.
prepare_apt() {
  mirror=$(machine_mirror)
  [ -n "$mirror" ] || fail "found no Debian mirror in this machine's apt sources; expected one with the component main"
  keyring=$(archive_keyring) || exit 1
  mkdir -p "$apt/state" "$apt/lists/partial" "$apt/archives/archives/partial"
  : >"$apt/status"
  (umask 077 && printf 'deb [arch=%s signed-by=%s] %s %s main\n' \
    "$GUEST_ARCHITECTURE" "$keyring" "$mirror" "$SUITE" >"$apt/sources.list")
  for seconds in 20 60 0; do
    private_apt apt-get -qq update 2>"$apt/errors" && return
    cat "$apt/errors" >&2
    grep -q 'Mirror sync in progress\|Hash Sum mismatch' "$apt/errors" ||
      fail "apt could not read suite $SUITE; if the signature is what it refuses, update debian-archive-keyring"
    sleep "$seconds"
  done
  printf 'fetch.sh: the index of suite %s at the mirror is not the one that its Release file promises\n' "$SUITE" >&2
  return 1
}

# `linux-image-riscv64` only points at the package that holds this point release's kernel.
kernel_package() {
  private_apt apt-cache depends --important linux-image-riscv64 |
    sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
}

# The kernel and busybox that the suite has now.
download_current() {
  kernel=$(kernel_package)
  [ -n "$kernel" ] || fail "linux-image-riscv64 of suite $SUITE names no kernel package"
  (cd "$cache/packages" && private_apt apt-get -qq download "$kernel" busybox-static)
}

# The kernel and busybox of packages.lock. No index vouches for them, but their hashes are known.
download_locked() {
  printf 'fetch.sh: taking the packages of packages.lock\n' >&2
  grep -v '^#' "$here/packages.lock" | while read -r path sha256; do
    private_apt /usr/lib/apt/apt-helper -qq download-file \
      "${mirror%/}/$path" "$cache/packages/${path##*/}" "SHA256:$sha256" ||
      fail "could not fetch $path of packages.lock; run this again when the mirror's index is right"
  done
}

# The debug package of the kernel that version.txt names; of it, only what the tests read is kept.
fetch_debug() {
  kernel=$(sed -n 's/^\(linux-image-[^ ]*\) \(.*\)$/\1-dbg=\2/p' "$cache/version.txt")
  [ -n "$kernel" ] || fail "$cache/version.txt names no kernel; fetch it again with --refresh"
  need tar tar
  prepare_apt || fail "the debug package can be had only with the suite's index; run this again later"
  rm -rf "$cache/packages" "$cache/root"
  mkdir -p "$cache/packages" "$cache/root"
  (cd "$cache/packages" && private_apt apt-get -qq download "$kernel") ||
    fail "the suite no longer has $kernel; fetch its kernel and this together with --refresh --debug"
  dpkg-deb --fsys-tarfile "$cache"/packages/*.deb |
    tar -x -C "$cache/root" --wildcards '*/boot/vmlinux-*' '*/virtio_blk.ko*'
  find "$cache/root" -type f -name 'virtio_blk.ko*' -exec mv {} "$cache/virtio_blk.ko.debug" \;
  find "$cache/root" -type f -name 'vmlinux-*' -exec mv {} "$cache/vmlinux" \;
  rm -rf "$cache/root" "$cache/packages"
  [ -e "$cache/vmlinux" ] || fail "the package $kernel holds no boot/vmlinux file"
}

# ---- The work ---------------------------------------------------------------------------------------------------

if [ "$refresh" = no ] && [ -e "$cache/version.txt" ]; then
  if [ "$debug" = yes ] && [ ! -e "$cache/vmlinux" ]; then
    cache=$(cd "$cache" && pwd)
    apt=$cache/apt
    fetch_debug
  fi
  cat "$cache/version.txt"
  exit 0
fi
need apt-get apt
need dpkg-deb dpkg
need gzip gzip
need xz xz-utils
need node nodejs

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
apt=$cache/apt
rm -f "$cache/version.txt" "$cache/vmlinux" "$cache/virtio_blk.ko.debug"

rm -rf "$cache/packages" "$cache/root"
mkdir -p "$cache/packages" "$cache/root"
if prepare_apt; then
  download_current
else
  download_locked
fi
for package in "$cache"/packages/*.deb; do
  dpkg -x "$package" "$cache/root"
done

# riscv64 kernels of Debian are installed uncompressed; should that change, the Image is inside.
for file in "$cache"/root/boot/vmlinu[xz]-*; do
  if gzip -t "$file" 2>/dev/null; then
    gzip -dc "$file" >"$cache/Image"
  else
    cp "$file" "$cache/Image"
  fi
done
[ "$(dd if="$cache/Image" bs=1 skip=48 count=5 2>/dev/null)" = RISCV ] ||
  fail "the kernel's package holds no RISC-V boot image: expected the magic 'RISCV' at byte 48 of its vmlinux file"
gzip -1nc "$cache/Image" >"$cache/Image.gz"

node "$here/initramfs.mjs" "$cache/root" "$here/init" >"$cache/initrd.cpio"
gzip -9nf "$cache/initrd.cpio"

# The unpacked packages are 150 MB that nothing reads again.
rm -rf "$cache/root"
(cd "$cache/packages" && for package in *.deb; do
  dpkg-deb --show --showformat '${Package} ${Version}\n' "$package"
done) >"$cache/version.txt.new"
rm -rf "$cache/packages"
mv "$cache/version.txt.new" "$cache/version.txt"
if [ "$debug" = yes ]; then
  fetch_debug
fi
cat "$cache/version.txt"
