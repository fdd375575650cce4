import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { jsonSchemas, schemas } from '../../../src/files/documents/schemas.ts'
import { shippedPath } from '../../../src/files/io/shipped.ts'
import { published } from '../scratch.ts'

describe.each(['workloads', 'spaces'] as const)('shipped %s', (kind) => {
  // they are read unchecked, so they are checked here
  test.each(readdirSync(shippedPath(kind)))('%s', (name) => {
    const schema = kind === 'workloads' ? schemas.workload : schemas.space
    const document = JSON.parse(readFileSync(shippedPath(`${kind}/${name}`), 'utf8'))
    expect(schema.parse(document)).toEqual(document)
  })
})

test.each([
  ['instance', 'instance.json'],
  ['profile', 'allocator_profile.json'],
  ['counts', 'config.json'],
] as const)('%s takes the published %s', (format, name) => {
  schemas[format].parse(JSON.parse(readFileSync(published(name), 'utf8')))
})

test('the JSON Schema of every format, with a description', () => {
  const published = jsonSchemas()
  expect(Object.keys(published)).toEqual(Object.keys(schemas))
  for (const schema of Object.values(published)) {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: expect.stringMatching(/^(object|array)$/),
      description: expect.any(String),
    })
  }
  expect(published.workload).toMatchObject({
    required: ['model', 'latency', 'mix', 'qosMs', 'percentile'],
    additionalProperties: false,
    properties: { qosMs: { type: 'number', exclusiveMinimum: 0 }, percentile: { minimum: 50, maximum: 100 } },
  })
  expect(published.space).toMatchObject({
    properties: { types: { items: { required: ['name', 'max'], additionalProperties: false } } },
  })
})
