import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkDocument, openDocument } from '../../../src/files/documents/document.ts'
import { jsonSchemas } from '../../../src/files/documents/schemas.ts'
import { spaceSchema } from '../../../src/files/documents/space.ts'
import { workloadSchema } from '../../../src/files/documents/workload.ts'
import { shippedPath } from '../../../src/files/io/shipped.ts'

// shipped documents are read without a check, so they are checked here
describe('the shipped documents follow their schemas', () => {
  test.each(readdirSync(shippedPath('workloads')))('workloads/%s', async (name) => {
    const path = shippedPath(`workloads/${name}`)
    const workload = await checkDocument(await openDocument(path), workloadSchema)
    expect(workload).toEqual(JSON.parse(readFileSync(path, 'utf8')))
  })

  test.each(readdirSync(shippedPath('spaces')))('spaces/%s', async (name) => {
    const path = shippedPath(`spaces/${name}`)
    const space = await checkDocument(await openDocument(path), spaceSchema)
    expect(space).toEqual(JSON.parse(readFileSync(path, 'utf8')))
  })
})

test('the JSON Schema of every format, with a description', () => {
  const published = jsonSchemas()
  expect(Object.keys(published)).toEqual([
    'workload',
    'space',
    'instance',
    'profile',
    'counts',
    'addresses',
    'fleet',
    'plan',
  ])
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
