/** The importer of results of `vllm bench serve`, on runs with made-up figures. */
import { describe, expect, test } from 'vitest'
import { readBroken } from '../../broken.ts'
import { imported, refusal } from './imported.ts'

// vllm-project/vllm, vllm/benchmarks/serve.py: benchmark(), main_async()
const vllmRun = (given: Record<string, unknown> = {}) => ({
  date: '20261118-093000',
  endpoint_type: 'openai-chat',
  backend: 'openai-chat',
  label: null,
  model_id: 'm',
  num_prompts: 4,
  request_rate: 'inf',
  burstiness: 1,
  rps_change_events: [{ rps: 1, timestamp: '2026-11-18T09:30:00' }],
  max_concurrency: 1,
  duration: 1.5,
  completed: 2,
  failed: 2,
  input_lens: [8, 9, 8, 8],
  output_lens: [3, 1, 0, 0],
  ttfts: [0.1, 0.25, 0, 0.3],
  itls: [[0.02, 0.03], [], [], [0.5]],
  generated_texts: ['a b c', 'a', '', 'a'],
  // a refusal without a reason, and a connection that broke
  errors: ['', '', '', 'Traceback'],
  ...given,
})

describe('vllm', () => {
  test('takes the time to the first token and the times between tokens, of requests that succeeded', async () => {
    const { lines, notes } = await imported('vllm', JSON.stringify(vllmRun()), { batchSize: 1 })
    expect(lines[1]).toMatch(/^gpu,1,2,1,200,150,.*,200,.*,250$/)
    expect(notes[0]).toBe('in: 2 failed requests are left out')
  })

  test('refuses NaN, which Python writes, where it is needed, with what to do', async () => {
    const text = JSON.stringify(vllmRun({ ttfts: [0.1, 'HERE', 0, 0.3] })).replace('"HERE"', 'NaN')
    expect(await refusal('vllm', text, { batchSize: 1 })).toBe(
      'in: ttfts.1: has NaN; JSON has no such number, though Python writes it: write null instead',
    )
    const unread = JSON.stringify(vllmRun({ duration: 'HERE' })).replace('"HERE"', 'NaN')
    expect((await imported('vllm', unread, { batchSize: 1 })).lines[1]).toMatch(/^gpu,1,2,1,200,/)
  })

  test('keeps no more latencies than are left', async () => {
    const given = { batchSize: 1, mostLatencies: 3 }
    expect(await refusal('vllm', JSON.stringify(vllmRun()), given)).toMatch(/^in: has more requests than/)
    // of all runs together, and of lists that are longer than the others
    const two = JSON.stringify(vllmRun()).repeat(2)
    const long = JSON.stringify({ itls: Array.from({ length: 13 }, () => []) })
    for (const text of [two, long])
      expect(await refusal('vllm', text, { batchSize: 1, mostLatencies: 4 })).toMatch(/^in: has more/)
  })

  test('takes the run of the concurrency that is asked for, of several that were appended', async () => {
    const second = vllmRun({ max_concurrency: 8, ttfts: [0.4, 0.25, 0, 0.3] })
    const text = [vllmRun(), second].map((run) => JSON.stringify(run)).join('\n')
    const { lines, notes } = await imported('vllm', text, { batchSize: 1, concurrency: 8 })
    expect(lines[1]).toMatch(/^gpu,1,2,8,350,250,/)
    expect(notes[0]).toMatch(/^in: measured at concurrency 8: latencies include waiting/)
    expect(
      (await imported('vllm', JSON.stringify(second, null, 2), { batchSize: 1, concurrency: 8 })).lines,
    ).toEqual(lines)
  })

  test.each([
    ['no detail', { ttfts: undefined }, /^in: lacks ttfts; run vllm bench serve with --save-detailed$/],
    [
      'no limit of concurrency',
      { max_concurrency: null },
      /^in: was not measured at a fixed .*; run vllm bench serve with --max-concurrency 1$/,
    ],
    ['another concurrency', { max_concurrency: 4 }, /^in: was measured at concurrency 4, and 1 is asked for/],
    [
      'lists of other lengths',
      { errors: ['', ''] },
      /^in: has 4 ttfts, 4 itls and 2 errors; expected one of each for each request$/,
    ],
    ['more itls than requests', { itls: [[0.1], [], [], [], []] }, /^in: has 4 ttfts, 5 itls and 4 errors/],
    [
      'a time that is none',
      { ttfts: [0.1, null, 0, 0] },
      /^in: ttfts\[1\]: is no number; expected seconds, as vllm bench serve writes them$/,
    ],
    [
      'times between tokens that are none',
      { itls: [[], 5, [], []] },
      /^in: itls\[1\]: is no list of numbers; expected seconds/,
    ],
    [
      'an object of times',
      { ttfts: { a: 1, b: 2 } },
      /^in: ttfts: is {"a":1}; expected a list with an item for each request$/,
    ],
    ['a number instead of a list', { errors: 4 }, /^in: errors: is 4; expected a list/],
    ['null instead of a list', { ttfts: null }, /^in: lacks ttfts; run vllm/],
    [
      'an error that is no text',
      { errors: ['', null, '', ''] },
      /^in: errors\[1\]: is null; expected a text/,
    ],
    ['a concurrency in quotes', { max_concurrency: '1' }, /^in: max_concurrency: is "1"; expected a number/],
    ['a count in quotes', { completed: '2' }, /^in: completed: is "2"; expected a number of requests$/],
    [
      'a run without requests',
      { ttfts: [], itls: [], errors: [], completed: 0 },
      /has no successful request/,
    ],
    [
      'another count of requests',
      { completed: 3 },
      /^in: has 2 requests with a latency, and "completed" is 3; was the file changed\?$/,
    ],
    [
      'no result',
      { max_concurrency: undefined },
      /^in: lacks max_concurrency; is this a file of this format/,
    ],
  ])('refuses %s', async (_what, given, message) => {
    expect(await refusal('vllm', JSON.stringify(vllmRun(given)), { batchSize: 1 })).toMatch(message)
  })

  test('takes or refuses a file, however it is broken', async () => {
    await readBroken(JSON.stringify(vllmRun()), 'in', (text) => imported('vllm', text, { batchSize: 8 }))
  })
})
