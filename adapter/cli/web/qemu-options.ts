/** The options of a machine in a browser, which records none. */

import { needsNode } from '../../host/errors.ts';
import type * as node from '../qemu-options.ts';

/** @throws {HostError} */
export const parseMachineOptions: typeof node.parseMachineOptions = () => {
  throw needsNode('Recording');
};
