# Says what gdb makes of expressions, a line of JSON each: the kind and size of its type, and its value.
import json, os, gdb

def describe(value):
    kind = value.type.strip_typedefs()
    while kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        value = value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_FLT:
        return {'kind': 'float', 'size': kind.sizeof, 'value': repr(float(value))}
    if kind.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC):
        at = value if kind.code == gdb.TYPE_CODE_PTR else value.address
        return {'kind': 'address', 'size': 8, 'value': str(int(at) & (1 << 64) - 1)}
    if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return {'kind': 'structure', 'size': kind.sizeof, 'value': str(int(value.address))}
    return {'kind': 'number', 'size': kind.sizeof, 'value': str(int(value))}

with open(os.environ['EXPRESSIONS']) as asked, open(os.environ['ANSWERS'], 'w') as answers:
    for line in asked:
        try:
            answer = describe(gdb.parse_and_eval(line.rstrip('\n')))
        except Exception as error:
            answer = {'kind': 'error', 'size': 0, 'value': str(error)}
        answers.write(json.dumps(answer) + '\n')
