# Run by gdb with a machine that waits at $SOCKET: makes $STEPS single steps and writes, a JSON line a step, the registers, the
# memory with data and stack, and each frame as gdb sees it.
import gdb, json, os, re, sys

sys.path.insert(0, os.path.dirname(__file__))
from gdb_values import variables_of

gdb.execute("target remote " + os.environ["SOCKET"])
low = int(gdb.parse_and_eval("(long)&global_counter") if gdb.lookup_global_symbol("global_counter") else gdb.parse_and_eval("(long)&box")) & ~0xfff
high = (int(gdb.parse_and_eval("(long)&stack_bottom")) + 8192 + 0x1fff) & ~0xfff

def described(frame):
    sal = frame.find_sal()
    return [frame.name(), frame.type() == gdb.INLINE_FRAME, sal.line, variables_of(frame)]


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
