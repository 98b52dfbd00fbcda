/** Objects that are finished only as far as somebody looks; what types are made of. It knows nothing of types itself. */

/**
 * An object some of whose properties are made when they are first read: types refer to each other in circles. They are
 * enumerable, like the others.
 */
export const lazy = <const P extends object, M extends Record<string, () => unknown>>(
  plain: P,
  made: M,
): P & { readonly [K in keyof M]: ReturnType<M[K]> } => {
  const object = { ...plain };
  for (const key of Object.keys(made)) {
    let value: unknown;
    let known = false;
    const get = (): unknown => {
      if (!known) {
        value = made[key]!();
        known = true;
      }
      return value;
    };
    Object.defineProperty(object, key, { get, enumerable: true });
  }
  return object as P & { readonly [K in keyof M]: ReturnType<M[K]> };
};
