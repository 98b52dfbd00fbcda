/** Readings that are made at most once, also when they fail: damage that took long to find is not looked for again. */

/** The same result for every call, or the same error. */
export const once = <Result>(make: () => Result): (() => Result) => {
  let known: { readonly result: Result } | { readonly error: unknown } | undefined;
  return () => {
    if (known === undefined) {
      try {
        known = { result: make() };
      } catch (error) {
        known = { error };
      }
    }
    if ('error' in known) throw known.error;
    return known.result;
  };
};

/** The same for each object. */
export const onceFor = <Key extends object, Result>(make: (key: Key) => Result): ((key: Key) => Result) => {
  const known = new WeakMap<Key, () => Result>();
  return (key) => {
    let made = known.get(key);
    if (made === undefined) {
      made = once(() => make(key));
      known.set(key, made);
    }
    return made();
  };
};
