/** Node's `Buffer` for a browser: the build puts it where one is named. */

export { Buffer } from 'buffer/index.js';
