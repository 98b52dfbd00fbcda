/** Asks gdb for types by name, and says of ours the same, so that the two can be compared. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isComposite, type Member, sizeOf, stripped, type Type } from '../../adapter/program/types/type.ts';
import { folder } from './toolchain.ts';

export interface TypeAnswer {
  readonly name: string;
  readonly size?: number;
  readonly error?: string;
  readonly enumerators?: readonly (readonly [string, string])[];
  /** Name, offset in bits, size in bits of a bit field, size in bytes, whether it is a base. */
  readonly fields?: readonly (readonly [string | null, number | null, number | null, number | null, boolean])[];
}

export const askGdb = (path: string, names: readonly string[]): TypeAnswer[] => {
  const [types, answers] = [join(folder, 'types'), join(folder, 'answers')];
  writeFileSync(types, names.join('\n'));
  const words = [
    '-nx',
    '-batch',
    '-ex',
    'set debuginfod enabled off',
    path,
    '-x',
    join(import.meta.dirname, 'gdb-types.py'),
  ];
  execFileSync('gdb-multiarch', words, {
    env: { ...process.env, TYPES: types, ANSWERS: answers },
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: folder,
  });
  return readFileSync(answers, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { code: _, ...answer } = JSON.parse(line) as TypeAnswer & { code: number };
      // gdb 13 says enumerators of 64 bits with a sign, also where the type has none.
      const enumerators = answer.enumerators?.map(([name, value]) => [name, asUnsigned(value)] as const);
      if (answer.fields === undefined) return enumerators === undefined ? answer : { ...answer, enumerators };
      // Bases without their scope; without those that are found at run time, of which gdb knows no offset.
      const fields = answer.fields
        .filter(([, offset]) => offset !== null)
        .map(([name, offset, bits, size, isBase]) =>
          isBase
            ? ([name?.replace(/^.*::/, '') ?? null, offset, bits, size, isBase] as const)
            : ([name, offset, bits, size, isBase] as const),
        );
      return { ...answer, fields };
    });
};

const asUnsigned = (value: string | bigint): string => `${BigInt.asUintN(64, BigInt(value))}`;

/** gdb counts a size that is not known (a function, an array without length, `decltype(nullptr)`) as 1 or 0. */
export const answerOf = (name: string, type: Type | undefined): TypeAnswer => {
  const found = stripped(type);
  const size = sizeForGdb(found);
  if (found?.kind === 'enumeration') {
    return {
      name,
      size,
      enumerators: found.enumerators.map(({ name: own, value }) => [own, asUnsigned(value)] as const),
    };
  }
  if (!isComposite(found)) return { name, size };
  const field = (member: Member, isBase: boolean) =>
    [
      (isBase ? baseName(member) : member.name) ?? null,
      member.offsetBits,
      member.sizeBits ?? null,
      fieldSize(member.type),
      isBase,
    ] as const;
  const fields = [
    ...found.bases.filter(({ computed }) => !computed).map((base) => field(base, true)),
    ...found.members.map((member) => field(member, false)),
  ];
  return { name, size, fields };
};

const fieldSize = (type: Type | undefined): number => {
  const found = stripped(type);
  if (found?.kind === 'array' && found.dimensions.some(({ count }) => count === undefined)) return 0;
  return sizeForGdb(found);
};

const sizeForGdb = (type: Type | undefined): number => sizeOf(type) ?? (type?.kind === 'unspecified' ? 0 : 1);

const baseName = ({ type }: Member): string | undefined => {
  const found = stripped(type);
  return isComposite(found) ? found.name : undefined;
};
