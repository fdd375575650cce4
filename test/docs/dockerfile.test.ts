import { readFileSync } from 'node:fs'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'

const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')

/** The instructions of the last stage, which is the image. */
function imageInstructions(): string[][] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const last = lines.findLastIndex((line) => line.startsWith('FROM '))
  return lines.slice(last).map((line) => line.split(' '))
}

test('the Dockerfile is valid', () => {
  expect(validate(text)).toEqual([])
  // the lint does reject
  expect(validate('FORM node')).not.toEqual([])
})

test('the image runs as a user that is not root, by its number', () => {
  const users = imageInstructions().filter(([name]) => name === 'USER')
  expect(users).toHaveLength(1)
  expect(users[0][1]).toMatch(/^[1-9]\d*:[1-9]\d*$/)
})

test('the image has the command `kairos-wasm`, which the router of --emit kubernetes starts', () => {
  expect(text).toContain('ln -s /app/dist/cli/main.js bin/kairos-wasm')
  expect(imageInstructions()).toContainEqual(['COPY', '--from=build', '/build/bin/', '/usr/local/bin/'])
})

test('the image has no files that its user may write, and no tools of the build', () => {
  const instructions = imageInstructions()
  const copies = instructions.filter(([name]) => name === 'COPY')
  expect(copies.length).toBeGreaterThan(0)
  for (const copy of copies) expect(copy.join(' ')).not.toMatch(/--ch(own|mod)/)
  expect(instructions.filter(([name]) => name === 'RUN' || name === 'ADD')).toEqual([])
})

test('the image pins the version of Node and starts the command', () => {
  const [from] = imageInstructions()
  expect(from[1]).toMatch(/^node:\d+\.\d+-/)
  expect(imageInstructions()).toContainEqual(['ENTRYPOINT', '["node",', '"/app/dist/cli/main.js"]'])
})
