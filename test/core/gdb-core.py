# Run by gdb: opens the core file $CORE of the program $PROGRAM and writes, as JSON to $ANSWERS, the registers of each thread and the
# memory at each of the addresses in $ADDRESSES, a JSON list of [address, size].
import gdb, json, os

gdb.execute("file " + os.environ["PROGRAM"], to_string=True)
gdb.execute("core-file " + os.environ["CORE"], to_string=True)
threads = []
for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
    thread.switch()
    frame = gdb.newest_frame()
    registers = {}
    for register in frame.architecture().registers():
        value = frame.read_register(register.name)
        if not value.is_optimized_out:
            try:
                # The raw bits; a floating-point register is several types side by side.
                scalar = value["double"] if value.type.code == gdb.TYPE_CODE_UNION else value
                registers[register.name] = scalar.format_string(format="z")[2:]
            except gdb.error:
                registers[register.name] = "unavailable"
    threads.append(registers)
memory = []
for address, size in json.load(open(os.environ["ADDRESSES"])):
    try:
        memory.append(gdb.selected_inferior().read_memory(address, size).tobytes().hex())
    except gdb.error:
        memory.append("unavailable")
json.dump({"threads": threads, "memory": memory}, open(os.environ["ANSWERS"], "w"))
