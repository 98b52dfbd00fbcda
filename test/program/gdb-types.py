# Run by gdb: reads names of types, a line each, from the file $TYPES and writes what gdb knows of each, a JSON line each.
import gdb, json, os


def field(f):
    size = f.type.strip_typedefs().sizeof if f.type is not None else None
    return [f.name or None, getattr(f, "bitpos", None), f.bitsize or None, size, bool(f.is_base_class)]


with open(os.environ["TYPES"]) as names, open(os.environ["ANSWERS"], "w") as out:
    for name in names.read().split("\n"):
        try:
            t = gdb.lookup_type(name).strip_typedefs()
        except gdb.error as error:
            out.write(json.dumps({"name": name, "error": str(error)}) + "\n")
            continue
        answer = {"name": name, "size": t.sizeof, "code": t.code}
        if t.code == gdb.TYPE_CODE_ENUM:
            answer["enumerators"] = [[f.name.split("::")[-1], str(f.enumval)] for f in t.fields()]
        elif t.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            answer["fields"] = [field(f) for f in t.fields() if hasattr(f, "bitpos")]
        out.write(json.dumps(answer) + "\n")
