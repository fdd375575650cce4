import { expect, test } from 'vitest'
import { kairosHere } from '../kairos.ts'

test.each([
  [
    ['import', 'foo', 'x.csv'],
    /there is no format "foo"; formats: perf-analyzer, genai-perf, .*log, jsonl, hpdc23\n/,
  ],
  [['import', 'csv', 'f.csv', '--type', 't'], /there is no format "csv"; formats: perf-analyzer/],
  [
    ['import', 'locusts', 'f.csv', '--type', 't'],
    /there is no format "locusts"; did you mean "locust"\? formats/,
  ],
  [['import'], /no source is named; try: kairos-wasm import --help/],
  [['import', '--type', 't'], /no source is named; try: kairos-wasm import --help/],
  [['catalog', 'foo'], /there is no format "foo"; formats: skypilot, aws\n/],
  [['catalog'], /no format of prices is named; try: kairos-wasm catalog --help/],
  [['import', 'k6', 'f.csv', '--type', 't', '--nam', 'x'], /unknown option '--nam'/],
])('%j', async (args, message) => {
  const { status, stdout, stderr } = await kairosHere(args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(message)
})
