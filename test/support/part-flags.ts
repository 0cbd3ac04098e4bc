/**
 * How tests start a part of the product. Parts that live for seconds and die by the hundred start sooner with a larger
 * nursery and without compiling WebAssembly ahead of need. Node keeps compiled code apart by these flags.
 */
export const PART_FLAGS = [
  '--conditions=source',
  '--disable-warning=ExperimentalWarning',
  '--min-semi-space-size=32',
  '--wasm-lazy-compilation',
]
