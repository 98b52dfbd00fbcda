/** SHA-256 (FIPS 180-4) and random bytes. In a browser: web/hashes.ts. */

import { createHash, randomBytes as random } from 'node:crypto';

/** Takes bytes and texts (as UTF-8) one after another; `digest` may be called once. */
export interface Hasher {
  update(data: Uint8Array | string): Hasher;
  digest(encoding: 'hex'): string;
}

export const sha256 = (): Hasher => createHash('sha256');

export const randomBytes = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(random(count));
