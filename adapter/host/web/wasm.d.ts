/** A module of a package, in WebAssembly, as its bytes: esbuild.config.mjs puts them into the bundle. */
declare module 'wasm:*' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
