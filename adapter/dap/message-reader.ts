/**
 * The messages in a stream of bytes: of each a header with its length, an empty line, and JSON (Debug Adapter Protocol, "Base
 * protocol"). Whatever else is in the stream is passed over up to the next header, so that a broken message costs nothing
 * but itself. What a message means is not known here.
 *
 *     Content-Length: 119\r\n
 *     \r\n
 *     {"seq":153,"type":"request",...}
 */

const fieldName = 'Content-Length:';
const headerEnd = '\r\n\r\n';
/** What a header may have before the length, and what a client may send between two messages. */
const otherFields = /^(?:\r\n|(?!Content-Length:)[\w-]+: [^\r\n]*\r\n)*$/;
/** A longer header is none. */
const headerBytesMax = 1024;
/** A longer message is not waited for: no argument of any request is nearly as long. */
const bodyBytesMax = 2 ** 24;

export interface MessageListener {
  /** A message, of which nothing is known but that it is an object. */
  readonly message: (message: object) => void;
  /** Something in the stream is no message: what it is instead, in some words. */
  readonly broken: (what: string) => void;
}

interface Header {
  readonly begin: number;
  readonly bodyBegin: number;
  readonly bodyEnd: number;
}

export class MessageReader {
  readonly #listener: MessageListener;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(listener: MessageListener) {
    this.#listener = listener;
  }

  /** The next bytes of the stream. */
  readonly take = (bytes: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    while (this.#takeOne());
  };

  /** Whether there was anything, so that more may follow. */
  #takeOne(): boolean {
    const header = headerIn(this.#bytes);
    if (header === undefined) {
      this.#drop(Math.max(0, this.#bytes.length - headerBytesMax));
      return false;
    }
    this.#drop(header.begin);
    const [begin, end] = [header.bodyBegin - header.begin, header.bodyEnd - header.begin];
    // JSON has no line ends in its texts and no such word outside them: a header in the middle is of the next message.
    const next = headerIn(this.#bytes.subarray(begin, end));
    if (next !== undefined) {
      this.#listener.broken('a message that is shorter than its header says');
      this.#bytes = this.#bytes.subarray(begin + next.begin);
      return true;
    }
    if (this.#bytes.length < end) return false;
    const message = this.#parsed(this.#bytes.toString('utf8', begin, end));
    // The length may have been wrong, so that what is no message may have the beginning of the next one.
    this.#bytes = this.#bytes.subarray(message === undefined ? begin : end);
    if (message !== undefined) this.#listener.message(message);
    return true;
  }

  #drop(count: number): void {
    if (count === 0) return;
    const dropped = this.#bytes.toString('latin1', 0, count);
    if (!otherFields.test(dropped)) this.#listener.broken('bytes without a header');
    this.#bytes = this.#bytes.subarray(count);
  }

  #parsed(body: string): object | undefined {
    try {
      const message: unknown = JSON.parse(body);
      if (typeof message === 'object' && message !== null) return message;
      this.#listener.broken('a message that is no object');
    } catch (error) {
      this.#listener.broken((error as Error).message);
    }
    return undefined;
  }
}

/** The first header, with the fields that there may be around the length. */
const headerIn = (bytes: Buffer): Header | undefined => {
  for (let begin = bytes.indexOf(fieldName); begin >= 0; begin = bytes.indexOf(fieldName, begin + 1)) {
    const text = bytes.toString('latin1', begin, begin + headerBytesMax);
    const sizeBytes = Number(/^Content-Length: *(\d{1,9})\r\n/.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
    const end = text.indexOf(headerEnd);
    const isBroken = text.indexOf(fieldName, 1) >= 0 && (end < 0 || text.indexOf(fieldName, 1) < end);
    if (end < 0 || isBroken || sizeBytes > bodyBytesMax) continue;
    const bodyBegin = begin + end + headerEnd.length;
    return { begin, bodyBegin, bodyEnd: bodyBegin + sizeBytes };
  }
  return undefined;
};
