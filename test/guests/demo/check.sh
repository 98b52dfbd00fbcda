#!/bin/sh
# Runs both demo kernels on QEMU under several clocks, and lets gdb confirm the story that README.md tells.
# Lines of different processes may come in any order, so consoles are compared as sets of lines.
set -u
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# report NAME STATUS-OF-THE-TEST
report() {
  if [ "$2" = 0 ]; then
    printf 'ok      %s\n' "$1"
  else
    printf 'FAILED  %s\n' "$1"
    failures=$((failures + 1))
  fi
}

# check NAME EXIT-CODE [QEMU OPTION ...]
check() {
  name=$1 code=$2
  shift 2
  timeout 60 qemu-system-riscv64 -M virt -m 128M -nographic -bios none -kernel "$name.elf" "$@" \
    </dev/null >"$work/console"
  status=$?
  tr -d '\r' <"$work/console" | sed 's/^timer: CLINT/timer: Sstc/' | sort >"$work/found"
  sort "$name.console.txt" | diff - "$work/found" && [ "$status" = "$code" ]
  report "$name $* ends with $code" $?
}

for name_and_code in demo:2 demo-fixed:0; do
  name=${name_and_code%:*} code=${name_and_code#*:}
  check "$name" "$code"
  check "$name" "$code" -icount shift=0
  check "$name" "$code" -icount shift=6
  check "$name" "$code" -icount shift=10
  check "$name" "$code" -cpu rv64,sstc=off
done

# Who writes buffers[15].next after boot? One store, in path_resolve, for the process `indexer`.
cat >"$work/commands" <<'GDB'
set pagination off
set confirm off
break processes_initialise
continue
watch buffers[15].next
commands
silent
printf "write by %s at depth %d\n", current->name, links
info symbol $pc
x/i $pc - 2
continue
end
break panic
commands
silent
printf "panic in %s: %s\n", current->name, message
detach
quit
end
continue
GDB
cat >"$work/expected" <<'EXPECTED'
write by indexer at depth 9
path_resolve + 4 in section .text
sd ra,168(sp)
panic in ping: freelist: corrupt node
EXPECTED
qemu-system-riscv64 -M virt -m 128M -display none -serial null -monitor none -bios none -kernel demo.elf \
  -S -gdb "unix:$work/gdb,server" </dev/null &
qemu=$!
sleep 1
timeout 60 gdb-multiarch -nx -batch -ex "target remote $work/gdb" -x "$work/commands" demo.elf 2>/dev/null |
  grep -E '^write by|^panic in|in section|sd	' | sed 's/^.*:	//; s/	/ /g' >"$work/found"
kill "$qemu" 2>/dev/null
wait "$qemu" 2>/dev/null
diff "$work/expected" "$work/found"
report 'the corrupting store is in path_resolve, on the kernel stack of indexer' $?

[ "$failures" = 0 ]
