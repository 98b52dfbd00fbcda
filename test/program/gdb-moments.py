# Run by gdb on a program: for each core file that is named on a line of stdin, writes to descriptor 3, a JSON line each, the stack
# of each thread: name, whether it is inlined, pc, line, sp, and variables of the innermost frames.
import gdb, json, os, sys

sys.path.insert(0, os.path.dirname(__file__))
from gdb_values import variables_of

with_variables = int(os.environ["FRAMES"])


def number(value):
    return str(int(value) & (1 << 64) - 1)


def stack():
    frames = []
    frame = gdb.newest_frame()
    while frame is not None:
        sal = frame.find_sal()
        try:
            sp = number(frame.read_register("sp"))
        except gdb.error:
            sp = None
        described = {"name": frame.name(), "inlined": frame.type() == gdb.INLINE_FRAME, "pc": number(frame.pc())}
        described.update({"line": sal.line if sal.symtab else 0, "file": sal.symtab.filename if sal.symtab else None})
        described.update({"sp": sp, "variables": variables_of(frame) if len(frames) < with_variables else []})
        frames.append(described)
        try:
            frame = frame.older()
        except gdb.error as error:
            frames.append({"error": str(error)})
            break
    return frames


gdb.execute("set backtrace past-main on")
with os.fdopen(3, "w") as answers:
    for line in sys.stdin:
        gdb.execute("core-file " + line.strip(), to_string=True)
        # What it knows of the memory of the core before would stay.
        gdb.execute("maintenance flush dcache", to_string=True)
        gdb.execute("maintenance flush register-cache", to_string=True)
        threads = []
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.ptid[1]):
            thread.switch()
            threads.append(stack())
        answers.write(json.dumps(threads) + "\n")
        answers.flush()
