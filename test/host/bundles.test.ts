/** What the build does with the sources before they are bundled (esbuild.plugins.mjs). */

import { transform } from 'esbuild';
import { expect, test } from 'vitest';
// @ts-expect-error: a module of the build, which has no types
import { withPlainMembers } from '../../esbuild.plugins.mjs';

const source = `
  class Base {
    #count = 1;
    static #made = 0;
    constructor() { Base.#made += 1; }
    #twice() { return 2 * this.#count; }
    get #half() { return this.#count / 2; }
    set #half(half) { this.#count = 2 * half; }
    static isOne(value) { return #count in value; }
    all() { this.#half = 3; return [this.#count, this.#twice(), this.#half, Base.#made, '#count', \`#\${this.#count}\`]; }
  }
  class Derived extends Base {
    #count = 10;
    both() { return [...this.all(), this?.#count, (class { #count = 5; get() { return this.#count; } }, 7)]; }
  }
  return [new Derived().both(), Base.isOne(new Derived()), Base.isOne({})];
`;

test('private members that become plain ones do the same', async () => {
  const plain: string = withPlainMembers('source.ts', source);
  expect(plain).not.toMatch(/(this|Base|\?)\.#|#\w+ in/);
  const { code } = await transform(`(() => {${plain}})()`, { target: 'es2022' });
  // biome-ignore lint/security/noGlobalEval: the text is above
  const run = eval as (text: string) => unknown;
  expect(run(code)).toEqual(run(`(() => {${source}})()`));
  expect(run(code)).toEqual([[6, 12, 3, 1, '#count', '#6', 10, 7], true, false]);
});
