import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { KairosError } from '../../src/model/errors.ts'

/** A folder of one test. */
export interface Scratch {
  readonly path: (name: string) => string
  /** Writes a file and returns its path. */
  readonly write: (name: string, content: string | Uint8Array) => string
  /** Every file and folder inside, sorted. */
  readonly list: () => string[]
  /** The error that ends a promise, its message with paths from the folder. */
  readonly refusal: (promise: Promise<unknown>) => Promise<{ code: string; message: string }>
}

export function scratchFolder(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  return {
    path,
    write: (name, content) => {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), content)
      return path(name)
    },
    list: () => readdirSync(folder, { recursive: true }).map(String).sort(),
    refusal: async (promise) => {
      const error = await promise.then(
        (value) => new Error(`was accepted: ${JSON.stringify(value)}`),
        (reason: unknown) => reason,
      )
      if (!(error instanceof KairosError)) throw error
      return { code: error.code, message: error.message.replaceAll(`${folder}/`, '') }
    },
  }
}

/** The path of a file in test/fixtures/hpdc23. */
export function published(name: string): string {
  return fileURLToPath(new URL(`../fixtures/hpdc23/${name}`, import.meta.url))
}
