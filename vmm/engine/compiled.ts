/** The modules that are the same for every machine, compiled: that takes longer than many tests. */

import { type EmittedModule, emittedModule } from './emitted.ts';

const compiled = new Map<EmittedModule, WebAssembly.Module>();

export const moduleOf = (name: EmittedModule): WebAssembly.Module => {
  let module = compiled.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(emittedModule(name));
    compiled.set(name, module);
  }
  return module;
};
