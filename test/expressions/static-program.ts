/**
 * A program that does not run: its variables hold what they were initialised with, and are read from its file; or from what its
 * memory was at some time.
 */
import { readFileSync } from 'node:fs';
import type { Scope } from '../../adapter/expressions/evaluate.ts';
import type { Names } from '../../adapter/expressions/parse.ts';
import { evaluateWatch, parseWatch } from '../../adapter/expressions/watch.ts';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { readElf } from '../../adapter/program/elf.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { hasType, pathOf, typeByName } from '../../adapter/program/names/paths.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';
import { describePlace, SymbolTable } from '../../adapter/program/symbols.ts';
import { declare } from '../../adapter/program/types/declaration.ts';
import { globalValue, hasGlobal } from '../../adapter/values/globals.ts';
import { type Surroundings, valueText } from '../../adapter/values/text.ts';
import type { Value } from '../../adapter/values/value.ts';

export interface StaticProgram {
  readonly names: Names;
  readonly scope: Scope;
  readonly around: Surroundings;
  readonly evaluate: (text: string) => Value;
  readonly show: (text: string) => string;
  readonly typeOf: (text: string) => string;
}

/** Bytes that were in memory at an address. */
export interface MemoryPart {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

export const openStatic = (
  path: string,
  bytes: Uint8Array = readFileSync(path),
  memory: readonly MemoryPart[] = [],
): StaticProgram => {
  const symbols = new SymbolTable(readElf(bytes, path));
  const info = new DebugInfo(bytes, path, { symbolNameAt: (address) => symbols.at(address)?.symbol.name });
  info.names = NameIndex.of([scanNames(info.dwarf).arrays()]);
  const { segments } = readElf(bytes, path);
  const read = (address: bigint, sizeBytes: number): Uint8Array | undefined => {
    for (const part of memory) {
      const at = address - part.address;
      if (at < 0n || at + BigInt(sizeBytes) > part.bytes.length) continue;
      return part.bytes.slice(Number(at), Number(at) + sizeBytes);
    }
    for (const { virtualAddress, memoryBytes, bytes: loaded } of segments) {
      const at = address - virtualAddress;
      if (at < 0n || at + BigInt(sizeBytes) > memoryBytes) continue;
      const found = new Uint8Array(sizeBytes);
      found.set(loaded.subarray(Number(at), Number(at) + sizeBytes));
      return found;
    }
    return undefined;
  };
  const registers: Readonly<Record<string, bigint>> = { a0: 5n, sp: 0x1000n, satp: (8n << 60n) | 0x1234n };
  const names: Names = {
    symbol: (name) => symbols.find(name)?.address,
    isVariable: (name) => hasGlobal(info, pathOf(name)),
    isType: (name) => hasType(info, name),
  };
  const scope: Scope = {
    read,
    symbol: names.symbol,
    register: (name) => registers[name],
    field: (register, field) => (register === 'satp' && field === 'PPN' ? 0x1234n : undefined),
    type: (name) => typeByName(info, name),
    variable: (wanted, file) => globalValue(info, read, wanted, file),
  };
  const symbolic = (address: bigint) => {
    const place = symbols.at(address);
    return place === undefined ? undefined : describePlace(place);
  };
  const around = { read, symbolic };
  const evaluate = (text: string) => evaluateWatch(parseWatch(text, names), scope);
  const show = (text: string) => {
    const watch = parseWatch(text, names);
    return valueText(evaluateWatch(watch, scope), around, watch.letter);
  };
  return { names, scope, around, evaluate, show, typeOf: (text) => declare(evaluate(text).type) };
};
