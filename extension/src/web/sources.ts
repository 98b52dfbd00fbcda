/**
 * Sources in the protocol's messages: VS Code knows files by URIs there, the adapter by names. This replaces one by the other
 * wherever a message has a `Source`, and knows nothing else of messages.
 */

type Convert = (path: string) => string;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Fields of the protocol, and of our own requests, that are a `Source` or several. */
const sourceFields: ReadonlySet<string> = new Set(['source', 'sources', 'location']);

/** A copy of a message, or of a part of it, in which the path of each source is converted. */
export const withSources = <Part>(part: Part, convert: Convert): Part => copy(part, convert, false) as Part;

const copy = (value: unknown, convert: Convert, isSource: boolean): unknown => {
  if (Array.isArray(value)) return value.map((each) => copy(each, convert, isSource));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, each]) => [
      field,
      isSource && field === 'path' && typeof each === 'string'
        ? convert(each)
        : copy(each, convert, sourceFields.has(field)),
    ]),
  );
};
