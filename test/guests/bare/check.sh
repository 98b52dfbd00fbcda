#!/bin/sh
# Runs every guest on QEMU and compares its console and exit code with what README.md promises.
# QEMU is the oracle of these guests: one that fails here is itself wrong.
set -u
cd "$(dirname "$0")"
console=$(mktemp)
trap 'rm -f "$console"' EXIT
failures=0

# check NAME EXIT-CODE EXPECTED-CONSOLE [QEMU OPTION ...]
# Standard input is typed at the guest. OpenSBI's banner, where there is one, is not compared.
check() {
  name=$1 code=$2 expected=$3
  shift 3
  status=0
  timeout 60 qemu-system-riscv64 -M virt -m 128M -nographic -kernel "$name.elf" "$@" >"$console" || status=$?
  found=$(tr -d '\r\000' <"$console" | sed '/^OpenSBI/,/^Boot HART MEDELEG/d; /./!d')
  if [ "$found" = "$expected" ] && [ "$status" = "$code" ]; then
    printf 'ok      %s %s\n' "$name" "$*"
  else
    printf 'FAILED  %s %s\nexpected exit %s and:\n%s\nfound exit %s and:\n%s\n' \
      "$name" "$*" "$code" "$expected" "$status" "$found"
    failures=$((failures + 1))
  fi
}

check loop 0 '' -bios none </dev/null
check memloop 0 '' -bios none </dev/null
check hello 0 'hello' -bios none </dev/null
check exit42 42 '' -bios none </dev/null
check timer 0 '..........' -bios none </dev/null
check fault 0 'from user mode
scause 13 value 50000000
scause 12 value 50001000
scause 15 value 40000008
scause 13 value 80000000
scause 15 value 40002000
scause 2 value 100022f3
scause 3 value 00000000
scause 8 value 00000000
from supervisor mode
scause 13 value 40001000
scause 12 value 40000000
mcause 9 value 00000000' -bios none </dev/null
for harts in 1 2 4 8; do
  check smp 0 "harts: $harts
lr/sc: ${harts}000
amoadd: ${harts}000" -bios none -smp "$harts" </dev/null
  check smode-sbi 0 "sbi: hello from supervisor mode
sbi: tick
sbi: tick
sbi: tick
$((harts - 1)) other harts started" -bios default -smp "$harts" </dev/null
done
(sleep 1 && printf 'ab\rcq') | check echo 0 'echo: type, q ends
ab
c
bye' -bios none

[ "$failures" = 0 ]
