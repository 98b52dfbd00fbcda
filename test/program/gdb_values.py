# What gdb knows of a frame, as lists that become JSON: shared by the scripts here that gdb runs.
import gdb

scalar = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_CHAR)


def value(symbol, frame):
    try:
        v = symbol.value(frame)
        if v.is_optimized_out:
            return "optimised out"
        t = v.type.strip_typedefs()
        if t.code in scalar and t.sizeof <= 8:
            v.fetch_lazy()
            if str(v) == "<synthetic pointer>":
                return "implicit pointer"
            return str(int(v) & ((1 << (8 * t.sizeof)) - 1))
        if t.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
            return str(int(v.address))  # that of what it refers to
        return "at " + str(int(v.address)) if v.address is not None else "other"
    except gdb.error as error:
        if "more than 8 bytes" in str(error):
            return "other"  # a value in two registers, which gdb 13 cannot take together
        return "error: " + str(error)


def variables_of(frame):
    variables = []
    try:
        block = frame.block()
    except RuntimeError:
        block = None
    while block is not None:
        for s in block:
            # Labels are variables to gdb; those that left no code it takes for optimised out.
            named = s.is_variable or s.is_argument
            is_label = s.addr_class == gdb.SYMBOL_LOC_LABEL or (s.type is not None and s.type.name == "__CORE_ADDR")
            if named and not is_label and s.addr_class != gdb.SYMBOL_LOC_TYPEDEF:
                variables.append([s.name, value(s, frame)])
        if block.function is not None:
            break
        block = block.superblock
    return sorted(variables)
