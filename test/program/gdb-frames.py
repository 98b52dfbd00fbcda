# Run by gdb with a machine that waits at $SOCKET: makes $STEPS single steps and writes, a JSON line a step, the registers, the
# memory with data and stack, and each frame as gdb sees it.
import gdb, json, os, re

gdb.execute("target remote " + os.environ["SOCKET"])
low = int(gdb.parse_and_eval("(long)&global_counter") if gdb.lookup_global_symbol("global_counter") else gdb.parse_and_eval("(long)&box")) & ~0xfff
high = (int(gdb.parse_and_eval("(long)&stack_bottom")) + 8192 + 0x1fff) & ~0xfff
scalar = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_CHAR)


def value(symbol, frame):
    try:
        v = symbol.value(frame)
        if v.is_optimized_out:
            return "optimised out"
        t = v.type.strip_typedefs()
        v.fetch_lazy()
        if t.code in scalar:
            return str(int(v) & ((1 << (8 * t.sizeof)) - 1))
        return "at " + str(int(v.address)) if v.address is not None else "other"
    except gdb.error as error:
        return "error: " + str(error)


def described(frame):
    variables = []
    try:
        block = frame.block()
    except RuntimeError:
        block = None
    while block is not None:
        for s in block:
            if (s.is_variable or s.is_argument) and s.addr_class != gdb.SYMBOL_LOC_TYPEDEF:
                variables.append([s.name, value(s, frame)])
        if block.function is not None:
            break
        block = block.superblock
    sal = frame.find_sal()
    return [frame.name(), frame.type() == gdb.INLINE_FRAME, sal.line, sorted(variables)]


with open(os.environ["ANSWERS"], "w") as out:
    for step in range(int(os.environ["STEPS"])):
        # At the beginning of an inlined function gdb pretends that it was not entered yet: frames are asked anew.
        gdb.execute("maintenance flush register-cache", to_string=True)
        frame = gdb.newest_frame()
        registers = [str(int(gdb.parse_and_eval("$x%d" % n)) & (1 << 64) - 1) for n in range(32)]
        text = gdb.execute("info registers float", to_string=True)
        raw = dict(re.findall(r"^(f[tsa]\d+) .*\(raw (0x[0-9a-f]+)\)$", text, re.M))
        names = ["ft%d" % n for n in range(8)] + ["fs0", "fs1"] + ["fa%d" % n for n in range(8)]
        names += ["fs%d" % n for n in range(2, 12)] + ["ft%d" % n for n in range(8, 12)]
        registers += [str(int(raw.get(n, "0x0"), 16)) for n in names]
        frames = []
        while frame is not None:
            frames.append(described(frame))
            if frame.name() in ("main", None):
                break
            frame = frame.older()
        memory = gdb.selected_inferior().read_memory(low, high - low).tobytes().hex()
        answer = {"pc": str(int(gdb.parse_and_eval("(unsigned long)$pc"))), "registers": registers}
        answer.update({"low": str(low), "memory": memory, "frames": frames})
        out.write(json.dumps(answer) + "\n")
        try:
            gdb.execute("stepi", to_string=True)
        except gdb.error:
            break  # main has returned, and there is nothing after it
