/** SHA-256 and random bytes in a browser, whose own SHA-256 answers later; here the answer is there at once. */

import { sha256 as noble } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type * as node from '../hashes.ts';

export const sha256 = (): node.Hasher => {
  const hash = noble.create();
  const hasher: node.Hasher = {
    update: (data) => {
      hash.update(typeof data === 'string' ? utf8ToBytes(data) : data);
      return hasher;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return hasher;
};

/** What `getRandomValues` gives at once. */
const bytesAtOnce = 65_536;

export const randomBytes = (count: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += bytesAtOnce) crypto.getRandomValues(bytes.subarray(at, at + bytesAtOnce));
  return bytes;
};

({ sha256, randomBytes }) satisfies typeof node;
