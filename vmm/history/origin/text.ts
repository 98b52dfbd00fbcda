/**
 * An answer as text: the way of the bytes back through the steps, a line a step, and a sentence where they began. Bytes
 * that part on the way are indented under what they were together. What an instruction only filled up is left out.
 */

import type { Input, Origin, OriginAnswer, OriginNode } from './answer.ts';
import { placeText } from './place.ts';

export interface TextOptions {
  /** What people call a virtual address of code, such as `path_resolve+0x2`. */
  readonly symbolOf?: (pc: bigint) => string | undefined;
  /** Lines are left out beyond so many. */
  readonly linesMax?: number;
}

export const originText = (answer: OriginAnswer, { symbolOf, linesMax = 200 }: TextOptions = {}): string => {
  const { question, work, complete } = answer;
  const hart = question.place.kind === 'register' ? ` of hart ${question.place.hart}` : '';
  const lines = [
    `${placeText(question.place)}${hart} at moment ${grouped(question.moment)}${valueText(question.value)}`,
  ];
  const writer = new Writer(answer, lines, symbolOf);
  writer.input(question, 1);
  if (!complete) lines.push('Not all was found: ask for more steps, or about a place where the search stopped.');
  const left = lines.length - linesMax;
  const shown = left > 0 ? [...lines.slice(0, linesMax), `... and ${left} lines more`] : lines;
  return `${shown.join('\n')}\n${grouped(work.singleSteps)} steps were read, ${grouped(work.scannedSteps)} scanned, ${grouped(work.watchedSteps)} watched.\n`;
};

class Writer {
  readonly #answer: OriginAnswer;
  readonly #lines: string[];
  readonly #symbolOf: TextOptions['symbolOf'];
  /** Nodes that have been told. */
  readonly #told = new Set<number>();

  constructor(answer: OriginAnswer, lines: string[], symbolOf: TextOptions['symbolOf']) {
    this.#answer = answer;
    this.#lines = lines;
    this.#symbolOf = symbolOf;
  }

  /** The nodes that an input came from; a loop as long as the way is one, since ways can be long. */
  input(from: Input, depth: number): void {
    for (let input: Input | undefined = from; input !== undefined; ) {
      const links = input.from.filter(({ node }) => this.#answer.nodes[node]!.origin?.kind !== 'filled');
      const all = links.length === 0 ? input.from : links;
      if (all.length !== 1) {
        for (const { offset, sizeBytes, node } of all) {
          this.#say(depth, sizeBytes === 1 ? `byte ${offset}:` : `bytes ${offset} to ${offset + sizeBytes - 1}:`);
          const next = this.#node(this.#answer.nodes[node]!, depth + 1);
          if (next !== undefined) this.input(next, depth + 1);
        }
        return;
      }
      input = this.#node(this.#answer.nodes[all[0]!.node]!, depth);
    }
  }

  /** Says a node, and gives the input that the way goes on with. */
  #node(node: OriginNode, depth: number): Input | undefined {
    const { id, moment, hart, pc, instruction, place, inputs, origin, kind } = node;
    if (this.#told.has(id)) {
      this.#say(depth, `${grouped(moment)}  as above: ${instruction ?? placeText(place)}`);
      return undefined;
    }
    this.#told.add(id);
    const who = hart === undefined ? '' : `  hart ${hart}`;
    const symbol = pc === undefined ? undefined : this.#symbolOf?.(pc);
    const where = pc === undefined ? '' : `  ${hex(pc)}${symbol === undefined ? '' : ` <${symbol}>`}`;
    const what = instruction === undefined ? '' : `  ${instruction}`;
    const operands = inputs.map((input) => `${placeText(input.place)}${valueText(input.value)}`).join(', ');
    const made = operands === '' ? '' : kind === 'copy' ? ` <- ${operands}` : ` of ${operands}`;
    this.#say(depth, `${grouped(moment)}${who}${where}${what}  ${placeText(place)}${valueText(node.value)}${made}`);
    if (origin !== undefined) this.#say(depth, `  = ${originSentence(origin)}`);
    if (kind === 'open') this.#say(depth, '  = was not written since; the search stopped here');
    return inputs.find(({ from }) => from.length > 0);
  }

  #say(depth: number, line: string): void {
    this.#lines.push(`${'  '.repeat(depth)}${line}`);
  }
}

/** What a beginning is, in words. */
export const originSentence = (origin: Origin): string => {
  switch (origin.kind) {
    case 'constant':
      return constantSentences[origin.how];
    case 'filled':
      return 'zeros or a sign beside a narrower value';
    case 'image':
      return `byte ${hex(origin.offset)} of ${origin.name}, which was loaded before the first step`;
    case 'untouched':
      return 'memory that was never written';
    case 'rom':
      return `byte ${hex(origin.offset)} of the boot ROM`;
    case 'reset':
      return 'the register as it was before the first step';
    case 'disk':
      return `sector ${origin.sector} of the disk ${origin.device}, byte ${origin.offset}`;
    case 'entropy':
      return `random bytes that ${origin.device} brought, byte ${origin.offset} of the request`;
    case 'typed':
      return `the character ${JSON.stringify(String.fromCharCode(origin.character))} that was typed at moment ${grouped(origin.typedAt)}: byte ${origin.offset} of input ${origin.input}`;
    case 'clock':
      return `the clock: ${origin.register}`;
    case 'trap':
      return `the trap that was entered: ${origin.interrupt ? 'interrupt' : 'exception'} ${origin.cause}`;
    case 'csr':
      return `the state of the hart: ${origin.name}`;
    case 'device':
      return `a register of ${origin.device}, at offset ${hex(origin.offset)}`;
    case 'dma':
      return `${origin.device}, which wrote something of its own`;
    case 'firmware':
      return `the firmware's answer to call ${hex(origin.extension)}, function ${origin.functionId}`;
    case 'person':
      return `the debugger, where a person wrote it: byte ${origin.offset} of input ${origin.input}`;
    case 'walk':
      return 'a walk of the page tables, which set A or D';
  }
};

const constantSentences: Readonly<Record<Extract<Origin, { kind: 'constant' }>['how'], string>> = {
  immediate: 'a constant of the instruction',
  address: 'an address relative to the instruction',
  link: 'the address behind the instruction, which called',
  result: 'what sc says of itself',
  computed: 'a constant, computed',
};

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const valueText = (value: bigint | undefined): string => (value === undefined ? '' : ` = ${hex(value)}`);
const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
