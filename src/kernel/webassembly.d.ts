// The part of the WebAssembly JavaScript interface that is used here: @types/node has none of it, and the
// DOM library would bring a browser along.
declare namespace WebAssembly {
  function compile(bytes: Uint8Array): Promise<Module>
  class Module {
    constructor(bytes: Uint8Array)
    static exports(module: Module): { name: string; kind: string }[]
    static imports(module: Module): { module: string; name: string; kind: string }[]
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
}
